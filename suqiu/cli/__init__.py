"""The command line 命令行. One small file per group of commands; ``main`` turns every error into one clear sentence.

Exit codes: 0 done; 1 done, but something did not hold; 2 wrong use, or the thing could not run.
"""

from __future__ import annotations

import os
import sys

import typer

from cases.errors import SuqiuError
from suqiu.cli import asking, cluster, demo, importing, keeping, measuring, people, rules, serving
from suqiu.cli.output import Failed, say_error

app = typer.Typer(
    name="suqiu",
    help="诉求:收得全、分得准、办得快、查得到。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for group in (serving, demo, importing, asking, rules, keeping, people, cluster, measuring):
    group.register(app)


def main() -> None:
    """Entry point of ``suqiu``."""
    try:
        code = app(standalone_mode=False)
    except Failed:
        sys.exit(1)
    except SuqiuError as error:
        say_error(error)
        sys.exit(2)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except typer.Abort:
        sys.exit(2)
    except BrokenPipeError:
        # ``suqiu … | head``: whoever read has enough. Python must not complain of it once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)
    except OSError as error:
        say_error(CannotRun(error.strerror or str(error), f"请检查 {error.filename}" if error.filename else ""))
        sys.exit(2)
    except Exception as error:
        if not _say_known(error):
            raise
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)


class CannotRun(SuqiuError):
    """The machine does not let it: no such folder, no right, no room."""

    code = "cannot_run"


class WrongUse(SuqiuError):
    """An option or a command that there is not."""

    code = "usage"


def _say_known(error: Exception) -> bool:
    """Say what is not a mistake of ours in one sentence; False: it is one, and the traceback is wanted."""
    if hasattr(error, "show") and hasattr(error, "format_message"):  # click's own: wrong use of an option
        if "--json" in sys.argv:
            say_error(WrongUse(error.format_message(), "用 --help 查看用法"))
        else:
            error.show()
        return True
    if type(error).__module__.startswith("sqlalchemy."):
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        say_error(
            CannotRun(f"数据库用不了:{reason}", "请检查数据文件夹或 SUQIU_DATABASE_URL;需要时用 suqiu restore 恢复")
        )
        return True
    return False
