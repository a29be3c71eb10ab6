"""The command line 命令行. One small file per group of commands; ``main`` turns every error into one clear sentence.

Exit codes: 0 done; 1 done, but something did not hold; 2 wrong use, or the thing could not run.
"""

from __future__ import annotations

import sys

import typer

from cases.errors import SuqiuError
from suqiu.cli import asking, cluster, importing, keeping, measuring, people, rules, serving
from suqiu.cli.output import Failed, say_error

app = typer.Typer(
    name="suqiu",
    help="诉求:收得全、分得准、办得快、查得到。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for group in (serving, importing, asking, rules, keeping, people, cluster, measuring):
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
    except Exception as error:
        if not hasattr(error, "show"):  # click's own: wrong use of an option
            raise
        error.show()
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)
