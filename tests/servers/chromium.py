"""The system's Chromium, driven by playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.servers.errors import ServerUnavailable

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # the sandbox refuses root, and CI is often root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # Nothing may leave the machine.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str:
    """Answer the path of the browser: SUQIU_CHROMIUM, else the one on the PATH."""
    names = (os.environ["SUQIU_CHROMIUM"],) if "SUQIU_CHROMIUM" in os.environ else NAMES
    for name in names:
        if found := shutil.which(name):
            return found
    raise ServerUnavailable(f"no Chromium was found ({', '.join(names)}); `scripts/setup --system` installs it")


@contextmanager
def launched() -> Iterator["Browser"]:
    """Start the browser, and end it."""
    path = find_chromium()
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        except Error as error:
            raise ServerUnavailable(f"{path} did not start: {error}") from error
        try:
            yield browser
        finally:
            browser.close()
