"""Reply templates 答复模板: words of the town's own with places to fill in, and the gaps 空 that a person has still to fill.

``{编号}``        filled from the case when the template is put in
``【填：做法】``   a gap: only a person knows it; nothing is handed in while one is left
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

TEMPLATE_LIMIT = 4000
"""Characters of a template: an answer that is longer is one of its own."""

# What a template may ask for, and what stands there. One that the case does not know becomes a gap.
PLACEHOLDERS: dict[str, str] = {
    "编号": "办件编号",
    "事项": "标题（已脱敏）；没有写标题的，是诉求类别",
    "类别": "诉求类别",
    "地点": "地点",
    "渠道": "来件渠道",
    "镇名": "本镇名称",
    "承办单位": "主办单位",
    "本单位": "写的人所在的单位",
    "收到日期": "收到来件的日期",
    "受理日期": "受理的日期",
    "期限": "办结期限",
    "期限依据": "办结期限的法规条款",
    "途径": "表单里选的法定途径",
    "办理结果": "表单里选的办理结果",
    "建议单位": "表单里建议改派到的单位",
    "上次答复日期": "上一次答复送达的日期",
    "今天": "写的那一天",
}
FAMILIES = {"petition": "信访件", "hotline": "热线件"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTemplate:
    """One template of ``replies.yaml``. ``topics``: for these and what is below them; empty: for every case.

    ``command``: the step whose words it is for. ``family``: petition, hotline or empty for both. ``basis``: the law behind
    it, with the article.
    """

    id: str
    name: str
    command: str
    text: str
    topics: tuple[str, ...] = ()
    family: str = ""
    basis: str = ""


_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
# A gap of ours, and the empty brackets and dots that people leave for themselves. Other words in such brackets are words.
_GAP = re.compile(r"【填[^【】\n]{0,80}】|【[\s…·._＿—-]*】")


def placeholders(text: str) -> list[tuple[int, str]]:
    """(offset, name) of each ``{…}`` in a template; a brace that stands alone has the name ``{`` or ``}``."""
    found = [(m.start(), m[1]) for m in _PLACEHOLDER.finditer(text)]
    rest = _PLACEHOLDER.sub(lambda m: " " * len(m[0]), text)
    return sorted([*found, *((n, c) for n, c in enumerate(rest) if c in "{}")])


def filled(text: str, values: Mapping[str, str]) -> str:
    """The template with what is known of the case in it; what is not known is a gap. Values are not looked through again."""
    return _PLACEHOLDER.sub(lambda m: values.get(m[1]) or gap(m[1]), text)


def gap(what: str) -> str:
    return f"【填：{what}】"


def gaps(text: str) -> list[str]:
    """The gaps that are left in a text, each as it stands there, in order."""
    return [m[0] for m in _GAP.finditer(text)]
