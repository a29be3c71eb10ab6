"""Start the test servers by hand: `python -m tests.servers up`, or only fetch them: `python -m tests.servers fetch`.

`up` prints what to export, then runs until it is interrupted. Benchmarks use it too: `up --durable` lets PostgreSQL
wait for the disk as it does in a town.
"""

import argparse
import signal
import sys
from contextlib import ExitStack

from tests.servers.artefacts import elasticsearch_home, kafka_home, postgres_home
from tests.servers.elasticsearch import Elasticsearch
from tests.servers.errors import ServerUnavailable
from tests.servers.kafka import Kafka
from tests.servers.postgres import Postgres

HOMES = {"kafka": kafka_home, "postgres": postgres_home, "elasticsearch": elasticsearch_home}


def main() -> int:
    """Read the command and carry it out; 1 when a server cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("fetch", help="fetch what is not in the cache yet")
    up = commands.add_parser("up", help="start them and print their addresses")
    up.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(HOMES)}; all when none is given")
    up.add_argument("--durable", action="store_true", help="PostgreSQL waits for the disk")
    given = parser.parse_args()
    if given.command == "fetch":
        return fetch()
    if unknown := set(given.names) - HOMES.keys():
        parser.error(f"no such server: {', '.join(sorted(unknown))}")
    return run(given.names or list(HOMES), durable=given.durable)


def fetch() -> int:
    """Fetch each server, and go on with the next when one cannot be had."""
    failed = 0
    for name, home in HOMES.items():
        try:
            print(f"servers: {name} in {home()}", file=sys.stderr)
        except ServerUnavailable as reason:
            failed = 1
            print(f"servers: {name} CANNOT BE HAD: {reason}", file=sys.stderr)
    return failed


def run(names: list[str], *, durable: bool) -> int:
    """Start, print, wait for Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            for name in names:
                print(f"export {start(name, stack, durable=durable)}", flush=True)
            print("servers: up; Ctrl-C stops them and removes their data", file=sys.stderr)
            signal.pause()
    except ServerUnavailable as reason:
        print(f"servers: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def start(name: str, stack: ExitStack, *, durable: bool) -> str:
    """Start one server and answer the variable that makes pytest use it."""
    server: Kafka | Postgres | Elasticsearch
    if name == "kafka":
        server = Kafka()
        address = f"SUQIU_TEST_KAFKA={server.bootstrap}"
    elif name == "postgres":
        server = Postgres(durable=durable)
        address = f"SUQIU_TEST_DATABASE_URL={server.url}"
    else:
        server = Elasticsearch()
        address = f"SUQIU_TEST_ELASTICSEARCH_URL={server.url}"
    stack.callback(server.close)
    server.start()
    return address


if __name__ == "__main__":
    sys.exit(main())
