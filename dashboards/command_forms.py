"""Commands as forms and as JSON: one table says which fields each command has, how they are asked, how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cases.case import PURPOSES, URGENCIES, Case
from cases.commands import COMMANDS
from cases.errors import BadInput, FieldError
from cases.lifecycle import FOLLOW_UP_ANSWERS, PATHS, RATINGS, REPLY_RESULTS
from cases.policy import Policy
from cases.saying import Name, labels, say
from dashboards.http import Fields
from dashboards.words import LINK_KINDS

WAYS: dict[str, str] = labels(
    {
        "phone": "电话",
        "visit": "当面",
        "sms": "短信",
        "wechat": "微信",
        "letter": "信函",
        "web": "网上",
    }
)
YES_NO: dict[str, str] = labels({"yes": "是", "no": "否"})
REACHED: dict[str, str] = labels({"yes": "已联系上", "no": "未联系上"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a command. ``kind``: words (a text that a person writes), select, many, flag, line.
    ``options``: a closed list, or the name of one that depends on the town and the case."""

    name: str
    label: str
    kind: str
    options: str | Mapping[str, str] = ""
    required: bool = True
    hint: str = ""


def _words(label: str, *, required: bool = True, hint: str = "") -> Field:
    return Field("text", label, "words", required=required, hint=hint)


def _line(name: str, label: str, *, hint: str = "") -> Field:
    return Field(name, label, "line", required=False, hint=hint)


STAFF_ONLY = say("只有工作人员看得到")

FORMS: dict[str, tuple[Field, ...]] = {
    "classify": (
        Field("topic", say("诉求类别"), "select", "topics"),
        Field("purpose", say("诉求性质"), "select", PURPOSES),
        Field("urgency", say("紧急程度"), "select", URGENCIES),
        Field("place", say("地点"), "select", "places", required=False),
    ),
    "accept": (),
    "redirect": (
        Field("path", say("告知的途径"), "select", PATHS),
        _words(say("告知内容"), required=False, hint=say("群众会看到这段文字，请写清楚向谁提、带什么、有没有时限")),
    ),
    "dispatch": (
        Field("unit", say("主办单位"), "select", "leads"),
        Field("collaborators", say("协办单位"), "many", "units", required=False, hint=say("可多选，主办单位负总责")),
    ),
    "sign_for": (),
    "contact": (
        Field("ok", say("联系结果"), "flag", REACHED),
        Field("method", say("联系方式"), "select", WAYS),
        _words(say("联系情况"), required=False, hint=STAFF_ONLY),
    ),
    "request_return": (
        _words(say("退单理由"), hint=say("写明为什么不归本单位办理")),
        Field("proposed_unit", say("建议改派到"), "select", "leads", required=False),
        _line("basis", say("依据"), hint=say("文件或职责清单条目，如有")),
    ),
    "approve_return": (),
    "refuse_return": (_words(say("不同意退单的理由")),),
    "reassign": (
        Field("unit", say("主办单位"), "select", "leads"),
        Field("collaborators", say("协办单位"), "many", "units", required=False, hint=say("可多选，主办单位负总责")),
    ),
    "submit_reply": (
        Field("result", say("办理结果"), "select", REPLY_RESULTS),
        _words(say("答复内容"), hint=say("群众会看到这段文字，请写清楚做了什么、结果如何、下一步怎么办")),
    ),
    "approve_reply": (),
    "send_back": (_words(say("退回修改的理由")),),
    "serve_reply": (
        Field("channel", say("送达方式"), "select", WAYS),
        _line("proof", say("送达凭证"), hint=say("如回执号、快递单号")),
    ),
    "serve_notice": (
        Field("channel", say("告知方式"), "select", WAYS),
        _words(say("告知内容"), required=False, hint=say("群众会看到这段文字")),
    ),
    "follow_up": (
        Field("answer", say("回访结果"), "select", FOLLOW_UP_ANSWERS),
        _words(say("回访记录"), required=False, hint=STAFF_ONLY),
    ),
    "evaluate": (
        Field("rating", say("评价"), "select", RATINGS),
        Field("solved", say("问题是否解决"), "flag", YES_NO, required=False),
    ),
    "order_rework": (
        _words(say("要求二次办理的理由"), required=False, hint=say("群众已表示不满意或未解决的，可不填")),
    ),
    "close": (),
    "withdraw": (),
    "link": (
        Field("case", say("另一件的办件编号"), "line"),
        Field("kind", say("关联方式"), "select", LINK_KINDS),
    ),
    "unlink": (Field("case", say("取消与哪一件的关联"), "select", "links"),),
    "separate": (Field("petition_id", say("撤销并入的来件"), "select", "joined"),),
    "note": (_words(say("备注内容"), hint=STAFF_ONLY),),
}
# The steps whose words the citizen reads.
READ_BY_CITIZENS = frozenset({"submit_reply", "redirect", "serve_notice"})
# Words of a JSON command: these names go where words go, apart from the events.
WORD_NAMES = frozenset({"text", "reason", "comment"})
# Of a JSON command, and no data of the command itself.
ENVELOPE = frozenset({"command", "expected_version", "occurred_at", "command_id"})


def options_of(field: Field, case: Case, policy: Policy, linked: Mapping[str, str]) -> dict[str, str]:
    """What may be chosen, id to words. Offices that are accused in this case are not offered."""
    match field.options:
        case "topics":
            return {t.id: Name(t.name) for t in policy.topics.values()}
        case "places":
            return {p.code: Name(p.name) for p in policy.places.values()}
        case "units" | "leads":
            helpers = field.options == "units"
            return {
                u.id: Name(u.name)
                for u in policy.units.values()
                if u.id != policy.town and (helpers or u.kind != "village") and u.kind not in ("county", "external")
                and set(policy.above(u.id)).isdisjoint(case.accused)
            }  # fmt: skip
        case "links":
            return dict(linked)
        case "joined":
            return {p: say("第 {n} 次来件", n=n) for n, p in enumerate(case.petitions, 1) if n > 1}
    return dict(field.options) if isinstance(field.options, Mapping) else {}


def chosen_of(field: Field, case: Case) -> str:
    """What is chosen before anybody chose: what the case says now, or what the machine proposes."""
    now = {
        "topic": case.topic,
        "purpose": case.purpose,
        "urgency": case.urgency,
        "place": case.place,
        "unit": case.proposed_unit,
    }
    return now.get(field.name) or ""


def read_command(name: str, fields: Fields) -> tuple[dict[str, Any], dict[str, str]]:
    """A submitted form as (data, texts); BadInput names the first field that is missing."""
    if name not in FORMS:
        raise BadInput("没有这个操作", do="请返回案件页重新选择")
    data: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for field in FORMS[name]:
        value = fields.one(field.name)
        if field.kind == "many":
            data[field.name] = [v for v in fields.get(field.name, ()) if v]
        elif not value:
            if field.required:
                raise BadInput(f"请填写“{field.label}”", [FieldError((field.name,), f"请填写{field.label}")])
        elif field.kind == "words":
            texts[field.name] = value
        elif field.kind == "flag":
            data[field.name] = value == "yes"
        else:
            data[field.name] = value
    return data, texts


def read_json_command(body: Mapping[str, Any]) -> tuple[str, int, dict[str, Any], dict[str, str]]:
    """A JSON command as (name, expected_version, data, texts). Unknown fields are refused by name."""
    name = body.get("command")
    if not isinstance(name, str) or name not in COMMANDS:
        raise BadInput("没有这个操作", [FieldError(("command",), "可用的操作：" + "、".join(COMMANDS))])
    version = body.get("expected_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 0:
        raise BadInput("缺少版本号", [FieldError(("expected_version",), "请写您看到的版本号（整数）")])
    known = {f.name for f in FORMS[name]} | WORD_NAMES | ENVELOPE | {"late_reason", "confirmed_by"}
    unknown = [FieldError((k,), "没有这个字段") for k in body if k not in known]
    if unknown:
        raise BadInput("有不认识的字段", unknown)
    data: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for key, value in body.items():
        if key in WORD_NAMES:
            if not isinstance(value, str):
                raise BadInput("文字的类型不对", [FieldError((key,), "请写文字")])
            texts[key] = value
        elif key not in ENVELOPE:
            data[key] = _checked(key, value)
    return name, version, data, texts


def _checked(key: str, value: Any) -> Any:
    """Ids and flags only: events hold no structures of a stranger's making."""
    plain = isinstance(value, str | bool) or value is None
    listed = isinstance(value, list) and len(value) <= 50 and all(isinstance(v, str) for v in value)
    if not plain and not listed:
        raise BadInput("字段的类型不对", [FieldError((key,), "请写文字、真假值或文字的列表")])
    if isinstance(value, str) and len(value) > 500:
        raise BadInput("字段太长", [FieldError((key,), "最多 500 字")])
    return value
