"""Parts that are installed only where they are needed."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from cases.errors import SuqiuError

CLUSTER = ("aiokafka", "elasticsearch", "faust", "kafka", "psycopg")


class NotInstalled(SuqiuError):
    """An optional part is not there."""

    code = "not_installed"


def require_cluster() -> None:
    """Raises NotInstalled with the line to type."""
    # Faust puts a module without a spec in its own place; asked about it, ``find_spec`` fails.
    missing = [name for name in CLUSTER if name not in sys.modules and find_spec(name) is None]
    if missing:
        raise NotInstalled(
            f"没有安装集群部件({'、'.join(missing)})", 'install "suqiu[cluster]": pip install "suqiu[cluster]"'
        )
