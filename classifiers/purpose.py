"""Purpose 诉求性质: consultation, request, complaint, report of wrongdoing, suggestion or praise."""

from __future__ import annotations

from collections.abc import Sequence

from classifiers.keywords import Meaning

# A title says once what the text says three times.
TITLE = 3.0
# How loud one word of a list is. 希望 and 请 stand in nearly every message, so they weigh least; 建议 is seldom said aside.
LOUD = {"complaint": 1.0, "consultation": 1.0, "request": 0.4, "suggestion": 1.3}
# Praise is easily meant as politeness or as irony, so it wins only where nobody complains.
ORDER = ("complaint", "consultation", "suggestion", "request")


def judge_purpose(found: Sequence[tuple[Meaning, int, int]], title_end: int) -> str:
    """The loudest purpose, told by the distinct words of its list; a message that says none of them asks for help.

    A report of wrongdoing is decided elsewhere (``wrongdoing``), since it changes who may see the message.
    """
    said: dict[str, dict[str, float]] = {}
    for meaning, start, _ in found:
        for name in meaning.lists:
            words = said.setdefault(name, {})
            words[meaning.word] = max(words.get(meaning.word, 0.0), TITLE if start < title_end else 1.0)
    if "praise" in said and "complaint" not in said and "consultation" not in said:
        return "praise"
    scores = {name: loud * min(sum(said.get(name, {}).values()), 6.0) for name, loud in LOUD.items()}
    best = max(ORDER, key=lambda name: scores[name])
    return best if scores[best] > 0 else "request"
