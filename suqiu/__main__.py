"""``python -m suqiu`` is ``suqiu``."""

from suqiu.cli import main

main()
