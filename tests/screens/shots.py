"""The pictures of the guide: ``scripts/screenshots [--only NAME …]``. A small town of a fixed day, each page as the right role,
light and dark, at a telephone's and a desk's width, with as many colours as it takes; and the page that shows them."""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from tests.screens.pages import VISITS, Visit
from tests.screens.town import browsing, small_town
from tests.servers.chromium import launched

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs/guide"
PETITIONS = 800
WIDTHS = {1280: 900, 390: 844}
LOOKS = ("light", "dark")
# A page may be long; its beginning is what one looks at.
TALLEST = 1600
COLOURS = 40


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description=__doc__)
    parser.add_argument("--only", nargs="*", metavar="NAME", help="some of the pages; all when none is given")
    parser.add_argument("--petitions", type=int, default=PETITIONS)
    parser.add_argument("--language", choices=("zh", "en"), default="zh")
    parser.add_argument("--to", type=Path, default=GUIDE / "screens")
    given = parser.parse_args(arguments)
    visits = [v for v in VISITS if not given.only or v.name in given.only]
    given.to.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        launched() as browser,
        small_town(Path(folder) / "town", given.petitions) as address,
        ExitStack() as stack,
    ):
        contexts = {
            account: stack.enter_context(browsing(browser, address, account, given.language))
            for account in dict.fromkeys(v.account for v in visits)
        }
        for visit in visits:
            page = contexts[visit.account].new_page()
            size = sum(take(page, address, visit, given.to))
            page.close()
            print(f"{visit.name}: {size / 1024:.0f} KiB", file=sys.stderr, flush=True)
    if given.to == GUIDE / "screens":
        (GUIDE / "pages.md").write_text(guide(), encoding="utf-8")
    return 0


def take(page: Page, address: str, visit: Visit, folder: Path) -> list[int]:
    """The four pictures of a page; returns their sizes in bytes."""
    page.set_viewport_size({"width": 1280, "height": WIDTHS[1280]})
    page.goto(address + visit.path)
    visit.way(page)
    sizes = []
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for look in LOOKS:
            page.emulate_media(color_scheme="dark" if look == "dark" else "light")
            page.wait_for_timeout(150)  # pictures are drawn anew for the width
            whole = page.evaluate("document.documentElement.scrollHeight")
            shot = page.screenshot(
                full_page=True,
                clip={"x": 0, "y": 0, "width": width, "height": min(whole, TALLEST)},
                animations="disabled",
            )
            path = folder / f"{visit.name}-{width}-{look}.png"
            path.write_bytes(few_colours(shot))
            sizes.append(path.stat().st_size)
    return sizes


def few_colours(png: bytes) -> bytes:
    """The same picture with a palette: text keeps its edges, and the file a quarter of its size."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        small = image.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        small.save(out, "PNG", optimize=True)
    return out.getvalue()


def guide() -> str:
    """The page of the guide that shows them."""
    lines = [
        "# What the pages look like",
        "",
        "A small made-up town on 26 November 2026, as `scripts/screenshots` sees it.",
        "Each page is there at 1280 and at 390 px, in light and in dark; below are the wide light ones, with links to the others.",
        "",
    ]
    for visit in VISITS:
        who = f", as `{visit.account}`" if visit.account else ", as a citizen"
        others = " · ".join(
            f"[{width} {look}](screens/{visit.name}-{width}-{look}.png)" for width in WIDTHS for look in LOOKS
        )
        lines += [
            f"## {visit.title}", "", f"`{visit.path}`{who}. {others}", "",
            f"![{visit.title}](screens/{visit.name}-1280-light.png)", "",
        ]  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
