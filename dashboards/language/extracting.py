"""Every message that there is 待译清单: of templates, of scripts, and of Python. For tests and for whoever adds a page.

``python -m dashboards.language.extracting`` prints what has no English yet, and what has English and is no message any more.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from dashboards.language.catalogue import CHINESE, catalogue
from dashboards.language.scripts import translated_script
from dashboards.language.sentences import value_name
from dashboards.language.templates import translated

ROOT = Path(__file__).parents[2]
PYTHON = (
    "cases/*.py", "dashboards/*.py", "ingest/attachments/claiming.py", "ingest/attachments/kinds.py",
    "ingest/attachments/multipart.py", "ingest/attachments/pictures.py", "ingest/attachments/taking.py",
    "ingest/edge.py", "ingest/forms.py", "ingest/gateway.py", "ingest/rejected.py",
    "ingest/shape.py", "ingest/times.py", "ingest/visits.py", "ingest/web.py", "ingest/wording.py", "search/completion.py",
    "search/language.py", "search/plan.py", "streams/desk.py", "streams/tasks.py", "suqiu/demo/running.py",
)  # fmt: skip
"""What says something on a page. The command line, WeChat and the machines' edges speak Chinese alone."""
ALL_SAID = "dashboards"
"""The room where every Chinese string is for people, whoever it is handed to."""
SAYING = frozenset(
    {
        "say", "labels", "listed", "map", "BadInput", "TooLarge", "TooBusy", "NotFound", "NotAllowed", "NotSignedIn",
        "BadForm", "Refused", "Conflict", "VersionConflict", "ContentConflict", "Unavailable", "FieldError", "_bad",
    }
)  # fmt: skip
# Not said to people on a page: the description of the API, what is looked for, what is compared or cut off.
FOR_MACHINES = frozenset({"dashboards/api.py"})
NOT_SAID = frozenset({"，。；、：,.;: ", "状态:在办", '检索码:"{key}"', "类别:{topic}", "地点:{place}"})
EXAMPLE = '{"channel"'
"""An example of a body is Chinese in any language."""
_NO_MESSAGES = frozenset({"compile", "join", "lstrip", "rstrip", "strip", "write", "Name"})


def messages() -> dict[str, str]:
    """Each message with the first file that says it."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "dashboards/templates").glob("*.html")):
        translated(path.read_text(encoding="utf-8"), lambda m, p=path: _note(found, m, p))  # type: ignore[misc]
    for path in sorted((ROOT / "dashboards/static").glob("*.js")):
        translated_script(path.read_text(encoding="utf-8"), lambda m, p=path: _note(found, m, p))  # type: ignore[misc]
    for path in sorted(path for pattern in PYTHON for path in ROOT.glob(pattern)):
        for message in python_messages(path):
            _note(found, message, path)
    return found


def missing() -> dict[str, str]:
    """Messages without English, each with its file."""
    known = catalogue().messages
    return {message: where for message, where in messages().items() if message not in known}


def unused() -> set[str]:
    """What has English and is said nowhere."""
    return set(catalogue().messages) - set(messages())


def _note(found: dict[str, str], message: str, path: Path) -> str:
    found.setdefault(message, str(path.relative_to(ROOT)))
    return message


def python_messages(path: Path) -> Iterator[str]:
    """The Chinese strings of a file that are said to people; an f-string as the sentence with its values named."""
    if str(path.relative_to(ROOT)) in FOR_MACHINES:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from _said(tree, path, said=path.parts[-2] == ALL_SAID)


def _said(node: ast.AST, path: Path, *, said: bool) -> Iterator[str]:
    match node:
        case ast.Expr(value=ast.Constant()):
            return  # a docstring
        case ast.Constant(value=str() as text):
            if said and CHINESE.search(text) and text not in NOT_SAID and not text.startswith(EXAMPLE):
                yield text
            return
        case ast.JoinedStr():
            text = _template(node)
            if said and CHINESE.search(_fixed(node)) and text not in NOT_SAID:
                yield text
            for part in ast.walk(node):
                if isinstance(part, ast.FormattedValue):
                    yield from _said(part.value, path, said=said)
            return
        case ast.Dict():
            for value in node.values:  # its keys are ids
                yield from _said(value, path, said=said)
            return
        case ast.Compare() | ast.Subscript(slice=ast.Constant()):
            return
        case ast.Call():
            name = _called(node)
            for child in ast.iter_child_nodes(node):
                within = name in SAYING or (said and name not in _NO_MESSAGES)
                yield from _said(child, path, said=within and child is not node.func)
            return
    for child in ast.iter_child_nodes(node):
        yield from _said(child, path, said=said)


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _fixed(text: ast.JoinedStr) -> str:
    return "".join(str(p.value) for p in text.values if isinstance(p, ast.Constant))


def _template(text: ast.JoinedStr) -> str:
    names: dict[str, str] = {}
    found = ""
    for part in text.values:
        if isinstance(part, ast.Constant):
            found += str(part.value)
        elif isinstance(part, ast.FormattedValue):
            source = ast.unparse(part)
            name = wanted = value_name(ast.unparse(part.value))
            n = 1
            while names.get(wanted, source) != source:
                n += 1
                wanted = f"{name}{n}"
            names[wanted] = source
            found += f"{{{wanted}}}"
    return found


if __name__ == "__main__":
    for message, where in missing().items():
        print(f"missing  {where}: {message}")
    for message in sorted(unused()):
        print(f"unused   {message}")
