"""axe-core, which looks over a page for what keeps people out: pinned in `package-lock.json`, fetched once, never shipped."""

import hashlib
import tempfile
from pathlib import Path

from tests.servers.artefacts import cache_folder
from tests.servers.errors import ServerUnavailable

ROOT = Path(__file__).parents[2]


def axe_source() -> str:
    """Answer the script, from the cache where it is there."""
    lock = (ROOT / "package-lock.json").read_bytes()
    kept = cache_folder() / f"axe-{hashlib.sha256(lock).hexdigest()[:16]}.js"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(_fetched(), encoding="utf-8")
    return kept.read_text(encoding="utf-8")


def _fetched() -> str:
    from hatch_build import install_packages

    with tempfile.TemporaryDirectory() as scratch:
        try:
            packages = install_packages(ROOT, Path(scratch), dev=True)
        except (OSError, RuntimeError) as error:
            raise ServerUnavailable(f"axe-core could not be fetched: {error}") from error
        return (packages / "axe-core/axe.min.js").read_text(encoding="utf-8")
