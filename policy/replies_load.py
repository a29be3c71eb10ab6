"""Reply templates 答复模板 from ``replies.yaml``, checked: command, topics, procedure, placeholders, length."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from cases.commands import COMMANDS
from cases.errors import PolicyError
from cases.replies import FAMILIES, PLACEHOLDERS, TEMPLATE_LIMIT, ReplyTemplate, placeholders
from policy.marks import did_you_mean
from policy.reading import Entry, read_list

FILE = "replies.yaml"
NAME_LIMIT = 30
# The commands that take words; the form of each says who reads them.
COMMANDS_WITH_WORDS = (
    "submit_reply", "redirect", "serve_notice", "contact", "request_return", "refuse_return", "send_back", "follow_up",
    "order_rework", "note",
)  # fmt: skip


def load_replies(folder: Path, topics: Collection[str]) -> tuple[ReplyTemplate, ...]:
    """The templates in the order of the file, which is the order of the choice. Raises ``PolicyError``.

    A folder from before there were templates has no such file, and no templates: editors are empty then, and work.
    """
    if not (folder / FILE).exists():
        return ()
    found: dict[str, ReplyTemplate] = {}
    for e in read_list(folder / FILE):
        e.done("id", "name", "command", "topics", "family", "basis", "text")
        one = _template(e, topics)
        if one.id in found:
            raise e.error("id", f"“{one.id}”写了两次", "请只留一个，或换一个编号")
        found[one.id] = one
    _general(found.values())
    return tuple(found.values())


def _template(e: Entry, topics: Collection[str]) -> ReplyTemplate:
    name, command, family = e.text("name"), e.text("command"), e.text("family", "")
    if len(name) > NAME_LIMIT:
        raise e.error("name", f"名称有 {len(name)} 字，太长", f"请写 {NAME_LIMIT} 字以内")
    if command not in COMMANDS_WITH_WORDS:
        asked = {c: COMMANDS[c] for c in COMMANDS_WITH_WORDS}
        known = "、".join(f"{c}（{words}）" for c, words in asked.items())
        raise e.error("command", f"“{command}”不是要写文字的操作", f"可以写的有：{known}")
    if family and family not in FAMILIES:
        raise e.error(
            "family", f"“{family}”不是办理程序", "请写 petition（信访件）或 hotline（热线件），两种都适用的不写"
        )
    for topic in e.words("topics"):
        if topic not in topics:
            raise e.error("topics", f"类别“{topic}”在 topics.yaml 里没有", did_you_mean(topic, list(topics)))
    return ReplyTemplate(
        id=e.text("id"), name=name, command=command, text=_text(e), topics=e.words("topics"), family=family,
        basis=e.text("basis", ""),
    )  # fmt: skip


def _text(e: Entry) -> str:
    text = e.text("text")
    if len(text) > TEMPLATE_LIMIT:
        raise e.error("text", f"模板有 {len(text)} 字，太长", f"请写 {TEMPLATE_LIMIT} 字以内")
    for at, name in placeholders(text):
        if name not in PLACEHOLDERS:
            line = e.line_of("text") + (1 + text.count("\n", 0, at) if "\n" in text else 0)
            if name in ("{", "}"):
                raise PolicyError(e.file, line, f"花括号“{name}”没有成对", "请写成 {编号} 这样，左右各一个")
            raise PolicyError(e.file, line, f"没有“{{{name}}}”这个占位", did_you_mean(name, list(PLACEHOLDERS)))
    return text


def _general(found: Collection[ReplyTemplate]) -> None:
    """Where a command has templates, one of them fits every case: a topic that nobody thought of has one, too."""
    for command in dict.fromkeys(t.command for t in found):
        mine = [t for t in found if t.command == command]
        fits = {family for t in mine if not t.topics for family in ([t.family] if t.family else FAMILIES)}
        if missing := [words for family, words in FAMILIES.items() if family not in fits]:
            raise PolicyError(
                FILE, 1, f"“{COMMANDS[command]}”没有{'和'.join(missing)}通用的模板", "请加上一条不写 topics 的"
            )
