"""The real servers answer, keep what they were given through a restart, and go when their owner is killed."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.servers.elasticsearch import Elasticsearch
    from tests.servers.kafka import Kafka
    from tests.servers.postgres import Postgres


def test_a_kafka_message_is_consumed_as_it_was_produced_also_after_a_restart(kafka: "Kafka") -> None:
    """The address stays the same when the broker comes back, and the message is still there."""
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
    from kafka.admin import NewTopic

    topic = fresh_name()
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.create_topics([NewTopic(topic, num_partitions=3, replication_factor=1)])
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all")
    producer.send(topic, key=b"k", value="路灯坏了".encode()).get(timeout=20)
    producer.close()
    admin.close()

    kafka.restart()

    consumer: Any = KafkaConsumer(
        topic,
        bootstrap_servers=kafka.bootstrap,
        group_id=topic,
        auto_offset_reset="earliest",
        consumer_timeout_ms=20_000,
    )
    message = next(consumer)
    consumer.close()

    assert (b"k", "路灯坏了".encode()) == (message.key, message.value)


def test_an_elasticsearch_document_is_found_by_its_word(elasticsearch: "Elasticsearch") -> None:
    """Text that was segmented before is searched with the whitespace analyzer."""
    from elasticsearch import Elasticsearch as Client

    index = fresh_name()
    with Client(elasticsearch.url) as client:
        text = {"type": "text", "analyzer": "whitespace"}
        client.indices.create(index=index, mappings={"properties": {"words": text}})
        client.index(index=index, id="1", document={"words": "路灯 坏 了"}, refresh=True)

        found = client.search(index=index, query={"match": {"words": "路灯"}})
        missed = client.search(index=index, query={"match": {"words": "路"}})

    assert ["1"] == [hit["_id"] for hit in found["hits"]["hits"]]
    assert [] == missed["hits"]["hits"]


def test_each_new_postgres_database_is_empty(postgres: "Postgres") -> None:
    """A table made in one database is not in the next."""
    first, second = (sa.create_engine(postgres.new_database()) for _ in range(2))
    with first.begin() as connection:
        connection.execute(sa.text("CREATE TABLE petitions (text text)"))
        connection.execute(sa.text("INSERT INTO petitions VALUES ('路灯坏了')"))

        assert "路灯坏了" == connection.scalar(sa.text("SELECT text FROM petitions"))
    assert ["petitions"] == sa.inspect(first).get_table_names()
    assert [] == sa.inspect(second).get_table_names()
    first.dispose()
    second.dispose()


def test_the_browser_shows_a_page_in_chinese(page: "Page") -> None:
    """Chromium runs, without a window, for a reader in China."""
    page.set_content("<title>诉求</title><script>document.title += ' ' + navigator.language</script>")

    assert "诉求 zh-CN" == page.title()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Make a folder that nobody, who runs the servers, can look into; pytest's `tmp_path` is closed to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_a_server_goes_when_its_owner_is_killed(postgres: "Postgres", open_folder: Path) -> None:
    """`kill -9` of the tests leaves neither a process nor a data folder behind."""
    owner = subprocess.Popen(
        [sys.executable, "-m", "tests.servers", "up", "postgres"],
        stdout=subprocess.PIPE,
        env=os.environ | {"TMPDIR": str(open_folder)},
        text=True,
    )
    assert owner.stdout is not None
    address = sa.make_url(owner.stdout.readline().strip().partition("=")[2])

    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()

    until(lambda: not answers(address.port) and not list(open_folder.iterdir()))


def fresh_name() -> str:
    """Answer a name that no earlier run has left behind on a server that goes on running."""
    return f"servers-test-{uuid.uuid4().hex}"


def answers(port: int | None) -> bool:
    """Say whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port or 0)) == 0


def until(holds: Callable[[], bool]) -> None:
    """Wait for it, but not for ever."""
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)
