"""Purpose 诉求性质: consultation, request, complaint, report of wrongdoing, suggestion or praise."""

from __future__ import annotations

from classifiers.keywords import Hits, Said

# A title says once what the text says three times.
TITLE = 3.0
# How loud one word of a list is. 希望 and 请 stand in nearly every message, so they weigh least; 建议 is seldom said aside.
LOUD = {"complaint": 1.0, "consultation": 1.0, "request": 0.4, "suggestion": 1.3}
# Praise is easily meant as politeness or as irony, so it wins only where nobody complains.
ORDER = ("complaint", "consultation", "suggestion", "request")


def judge_purpose(said: Said, title_end: int) -> str:
    """The loudest purpose, told by the distinct words of its list; a message that says none of them asks for help.

    A report of wrongdoing is decided elsewhere (``wrongdoing``), since it changes who may see the message.
    """
    if said.on("praise") and not said.on("complaint") and not said.on("consultation"):
        return "praise"
    scores = {name: loud * min(_distinct(said.on(name), title_end), 6.0) for name, loud in LOUD.items()}
    best = max(ORDER, key=lambda name: scores[name])
    return best if scores[best] > 0 else "request"


def _distinct(hits: Hits, title_end: int) -> float:
    words: dict[str, float] = {}
    for meaning, start, _ in hits:
        words[meaning.word] = TITLE if start < title_end else words.get(meaning.word, 1.0)
    return sum(words.values())
