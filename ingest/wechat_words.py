"""What the account says to people, and how a greeting is told from a matter."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from cases.errors import BadInput
from cases.ports import Submitted

_PARTS = re.compile(r"[^\W_]+")


def without_greeting(text: str, greetings: Collection[str]) -> str:
    """The letters that are left of a message without its greetings: "您好！路灯坏了" -> "路灯坏了".

    Punctuation parts it; a part that consists of greetings is dropped, a greeting of two letters or more in front of a
    part is cut off. A single letter such as 好 is a greeting only when it stands alone (好多垃圾 is none).
    """
    # Only letters and digits count, in the greetings too; the longest first, so that 谢谢您 is not cut to 您.
    plain = sorted({"".join(_PARTS.findall(g.lower())) for g in greetings} - {""}, key=len, reverse=True)
    left = []
    for part in _PARTS.findall(text.lower()):
        rest = part
        while rest and (found := next((g for g in plain if rest.startswith(g) and (len(g) > 1 or rest == g)), "")):
            rest = rest[len(found) :]
        left.append(rest)
    return "".join(left)


@dataclass(frozen=True, slots=True)
class Words:
    """The answers. ``public_url``: where the citizen tracks; without it only the receipt is given."""

    public_url: str = ""
    town: str = ""
    minutes: int = 30

    def welcome(self) -> str:
        return (
            f"您好，欢迎关注{self.town}诉求平台。请直接把要反映的事情发给我们：什么事、在哪里、什么时候开始的。"
            "收到后会给您回执码，用来查询办理进度。遇到危险请先拨打 110、119 或 120。"
        )

    def tell_more(self) -> str:
        return "您好！请说说要反映的事情：什么事、在哪里、什么时候开始的。一条消息写不完可以接着发。"

    def only_text(self) -> str:
        return "谢谢您。目前这里只能收文字，图片、语音和视频还不能收下；请先用文字说明情况，以后会支持。"

    def receipt(self, submitted: Submitted) -> str:
        pin = f"，查询密码 {submitted.pin}" if submitted.pin else ""
        return f"已收到您的诉求，回执码：{submitted.receipt}{pin}。{self._track()}{self.minutes} 分钟内继续发来的内容会作为补充。"

    def supplemented(self, receipt: str) -> str:
        return f"已补充到您刚才的诉求，回执码：{receipt}。{self._track()}"

    def already(self, receipt: str) -> str:
        return f"您的诉求已经收到，回执码：{receipt}。{self._track()}如有补充，请直接发来。"

    def cannot_take(self, error: BadInput) -> str:
        return "这条消息没有收下：" + "；".join(e.msg for e in error.errors[:3]) + "。请改正后重新发送。"

    def try_again(self) -> str:
        return "现在系统繁忙，刚才这条消息没有收下，请稍后再发一次。"

    def _track(self) -> str:
        return f"查询进度：{self.public_url}/track 。" if self.public_url else "凭回执码可以查询进度。"
