"""What of an English page is still Chinese, and should not be: the interface's own words, marked as Chinese or not."""

from __future__ import annotations

from collections.abc import Iterable
from html.parser import HTMLParser

from dashboards.language.catalogue import CHINESE

READ = frozenset({"alt", "aria-label", "content", "data-title", "placeholder", "title"})
VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "wbr"})
UNMARKABLE = frozenset({"option", "textarea", "title"})


class Leftovers(HTMLParser):
    """Collects Chinese outside elements that say they are Chinese. ``data``: names and texts that may stand in
    attributes and options, where nothing can be marked."""

    def __init__(self, data: Iterable[str]) -> None:
        super().__init__()
        self.data = sorted({d for d in data if d}, key=len, reverse=True)
        self.open: list[tuple[str, bool]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        chinese = (given.get("lang") or "").startswith("zh") or any(zh for _, zh in self.open)
        if not chinese:
            for name, value in given.items():
                button = tag == "input" and given.get("type") in ("submit", "button") and name == "value"
                if (name in READ or button) and CHINESE.search(self._without_data(value or "")):
                    self.found.append(f"<{tag} {name}={value!r}>")
        if tag not in VOID:
            self.open.append((tag, chinese))

    def handle_endtag(self, tag: str) -> None:
        for n in range(len(self.open) - 1, -1, -1):
            if self.open[n][0] == tag:
                del self.open[n:]
                return

    def handle_data(self, text: str) -> None:
        tag, chinese = self.open[-1] if self.open else ("", False)
        if chinese:
            # Marked as Chinese: then it is a name, or a part of what somebody wrote. Our own words have no business there.
            # Examples of what to write are code.
            strange = [w for w in text.split() if CHINESE.search(w) and not any(w in known for known in self.data)]
            if strange and tag != "code":
                self.found.append(f"marked in {tag}: {text.strip()[:200]}")
            return
        text = self._without_data(text) if tag in UNMARKABLE or tag == "script" else text
        if CHINESE.search(text):
            self.found.append(f"{tag}: {text.strip()[:200]}")

    def _without_data(self, text: str) -> str:
        for known in self.data:
            text = text.replace(known, "")
        return text


def leftovers(page: str, data: Iterable[str]) -> list[str]:
    parser = Leftovers(data)
    parser.feed(page)
    return parser.found
