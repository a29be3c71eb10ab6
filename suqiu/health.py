"""``python -m suqiu.health URL``: 0 if the address answers 200 within five seconds; for container health checks."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not arguments[0].startswith(("http://", "https://")):
        print("usage: python -m suqiu.health http://host:port/readyz", file=sys.stderr)
        return 2
    try:
        with urllib.request.urlopen(arguments[0], timeout=5) as answer:  # noqa: S310 - the scheme was checked above
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, OSError) as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
