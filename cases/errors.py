"""Everything that can go wrong, as one tree.

* SuqiuError                 the root; every error says what to do next
  x BadInput                 what came in cannot be a petition or a command (HTTP 422)
    - TooLarge               longer than this call takes (HTTP 413)
  x TooBusy                  no room now, try again in a moment (HTTP 429)
  x NotFound                 not there, or not for this viewer: the same answer for both (HTTP 404)
  x NotAllowed               signed in, and yet may not (HTTP 403)
    - NotSignedIn            nobody in particular: no session, no key (HTTP 401)
    - BadForm                a form without its token
  x Refused                  a command against the rules: reason, detail, legal basis (HTTP 422)
  x Conflict                 somebody was first (HTTP 409)
    - VersionConflict        the case moved on since it was read
    - ContentConflict        the same id with other content: the first one stands
  x PolicyError              the policy folder is wrong: file, line, what to write instead
  x Unavailable              a server that we need does not answer; wait and try again (HTTP 503)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cases.saying import Name, say


class SuqiuError(Exception):
    """Root of the tree. ``message`` says what is wrong, ``do`` what to do about it, both in the user's language."""

    code = "error"

    def __init__(self, message: str, do: str = "") -> None:
        super().__init__(message)
        self.message: str = say(message)
        self.do: str = say(do)


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field: ``loc`` is the path to it, ``msg`` what to write instead."""

    loc: tuple[str | int, ...]
    msg: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "msg", say(self.msg))


class BadInput(SuqiuError):
    """What came in cannot be taken as it is."""

    code = "bad_input"

    def __init__(self, message: str, errors: Sequence[FieldError] = (), do: str = "") -> None:
        super().__init__(message, do)
        self.errors = tuple(errors)


class TooLarge(BadInput):
    """The body is longer than this call takes."""

    code = "too_large"


class TooBusy(SuqiuError):
    """A bounded queue is full. Nothing was accepted; come back after ``retry_after`` seconds."""

    code = "too_busy"

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message, say("请在 {retry_after} 秒后重试", retry_after=retry_after))
        self.retry_after = retry_after


class NotFound(SuqiuError):
    """Not there, or not for this viewer; nobody can tell which."""

    code = "not_found"


class NotAllowed(SuqiuError):
    """The role does not allow it."""

    code = "not_allowed"


class NotSignedIn(NotAllowed):
    """Nobody in particular: no session, no key, or one that has ended."""

    code = "not_signed_in"


class BadForm(NotAllowed):
    """A form without its token: from an old page, or from somebody else's site."""

    code = "bad_form"


class Refused(SuqiuError):
    """A command that the rules refuse. ``reason`` is a closed list of words, ``basis`` the law or the decision behind it."""

    code = "refused"

    def __init__(self, reason: str, detail: str, basis: str = "", do: str = "") -> None:
        super().__init__(detail, do)
        self.reason = reason
        self.detail = self.message
        self.basis: str = Name(basis)


class Conflict(SuqiuError):
    """Somebody was first."""

    code = "conflict"


class VersionConflict(Conflict):
    """The case has moved on since it was read; read it again and decide again."""

    code = "version_conflict"

    def __init__(self, message: str, version: int, do: str = "请刷新后再操作") -> None:
        super().__init__(message, do)
        self.version = version


class ContentConflict(Conflict):
    """The same id came with other content. The first one stands, this one is kept under the rejected."""

    code = "content_conflict"


class PolicyError(SuqiuError):
    """The policy folder does not hold together."""

    code = "policy"

    def __init__(self, file: str, line: int, message: str, do: str = "") -> None:
        super().__init__(f"{file}:{line}: {message}", do)
        self.file = file
        self.line = line


class Unavailable(SuqiuError):
    """A server that we need does not answer now."""

    code = "unavailable"
