# ruff: noqa: E402 - the sentence about the missing extra must come before the imports that would fail
"""The cluster put together 集群: Kafka, PostgreSQL, Elasticsearch, Faust. The wiring, and nothing else.

Importing this module connects to nothing: ``app`` (for ``faust -A suqiu.cluster worker``) is built when it is asked for.
"""

from __future__ import annotations

from suqiu.extras import require_cluster

require_cluster()

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from elasticsearch import Elasticsearch

from cases.errors import Unavailable
from cases.petition import Identity
from cases.policy import Policy
from cases.ports import Notice, Rejected, RejectedInput
from classifiers.normal import normalise
from classifiers.understanding import LexiconUnderstand
from classifiers.words import Segmenter
from ingest.gateway import Gateway
from ingest.kafka import decode_inbound, encode_petition, partition_key
from policy.load import load_policy
from search.elastic import ElasticIndex
from search.names import Names
from storage import Storage, open_postgres
from storage.baton import PostgresBaton
from storage.kafka_log import KafkaPetitionLog, KafkaPublisher, KafkaReader, KafkaRejected, Record
from streams import indexing, trends
from streams.batches import Message
from streams.books import Books
from streams.deadlines import DeadlineParts
from streams.desk import Desk, DeskParts
from streams.intake import Intake, IntakeParts
from streams.lags import lags
from streams.rejects import rejected_message
from streams.relay import EVENTS, Relay, RelayParts
from suqiu.indexes import CUTTING
from suqiu.logs import set_up_logs
from suqiu.parts import claims_of, sweeper_of
from suqiu.senders import LogFileSender
from suqiu.settings import SettingError, Settings, read_settings, secret_of

if TYPE_CHECKING:
    import faust
    from fastapi import FastAPI

GROUP = "suqiu"


def __getattr__(name: str) -> Any:
    """``app``: the worker, from the environment's settings, once."""
    if name != "app":
        raise AttributeError(name)
    settings = read_settings()
    _logs(settings)
    globals()["app"] = built = worker_app(settings)
    return built


def run_worker(settings: Settings) -> None:
    """One worker until it is told to stop: the same as ``faust -A suqiu.cluster worker``."""
    from faust import Worker

    _logs(settings)
    Worker(worker_app(settings), loglevel=settings.log_level, redirect_stdouts=False).execute_from_commandline()


def serve_gateway(settings: Settings) -> None:
    """The channels in: no pages, and no index."""
    _serve(settings, gateway_app)


def serve_web(settings: Settings) -> None:
    """Pages and the API over cases; the citizen's form hands in here as well."""
    _serve(settings, web_app)


# --- The worker -------------------------------------------------------------------------------------------------------


def worker_app(settings: Settings) -> faust.App:
    """Faust's app over the real servers. Raises SettingError, Unavailable."""
    from streams.cluster import ClusterParts, build_app

    house = open_house(settings)
    storage, clock = house.storage, house.clock
    refuse = KafkaRejected(settings.kafka, rejected_message)
    reader = MessageReader(KafkaReader(settings.kafka, GROUP))
    return build_app(
        ClusterParts(
            bootstrap=settings.kafka,
            group=GROUP,
            data=settings.data / "worker",
            intake=house.intake,
            decode=lambda m: decode_inbound(m.value, house.identity, now=m.at, record=m.place),
            refuse=refuse.put,
            rejected=house.kept,
            reader=storage.reader,
            petitions=storage.petitions,
            index=open_index(settings, house),
            facts=storage.facts,
            policy=house.policy,
            outbox=storage.outbox,
            sender=LogFileSender(settings.data / "notifications.log"),
            deadlines=DeadlineParts(cases=storage.cases, deadlines=storage.deadlines, books=house.books),
            relay=relay_of(house, reader),
            log_reader=reader,
            clock=clock,
            absent=(Unavailable, OSError),
            sweep=sweeper_of(storage),
        )
    )


def relay_of(house: House, reader: MessageReader) -> Relay:
    """The relay of this process; it works while it holds the baton."""
    storage, identity = house.storage, house.identity

    def recipient_key(notice: Notice) -> bytes:
        return identity.key("recipient", notice.to, notice.petition_id or "").encode()

    return Relay(
        RelayParts(
            cases=storage.cases,
            reader=storage.reader,
            outbox=storage.outbox,
            publish=KafkaPublisher(house.settings.kafka).publish,
            recipient_key=recipient_key,
            baton=PostgresBaton(house.settings.database_url),
            clock=house.clock,
            mark=lambda: mark(reader),
            followers=(indexing.FOLLOWER, trends.FOLLOWER),
        )
    )


def mark(reader: MessageReader) -> Callable[[], bool]:
    """Whether everything that is in ``cases.events`` now has had its effect on index and counts."""
    bounds = reader.bounds([EVENTS])

    def reached() -> bool:
        return all((reader.committed(*place) or first) >= end for place, (first, end) in bounds.items())

    return reached


# --- The web side -----------------------------------------------------------------------------------------------------


def gateway_app(settings: Settings) -> FastAPI:
    """``POST /api/v1/petitions`` and the other channels, over Kafka."""
    return _web(settings, pages=False)


def web_app(settings: Settings) -> FastAPI:
    """Pages and API, over PostgreSQL and Elasticsearch."""
    return _web(settings, pages=True)


def _web(settings: Settings, *, pages: bool) -> FastAPI:
    from suqiu import web

    house = open_house(settings)
    storage = house.storage
    desk = DeskParts(
        cases=storage.cases, reader=storage.reader, petitions=storage.petitions, books=house.books,
        reopen=house.intake.reopen,
    )  # fmt: skip
    reader = MessageReader(KafkaReader(settings.kafka, GROUP))
    index = open_index(settings, house) if pages else None
    return web.web_app(
        web.WebParts(
            settings=settings,
            policy=house.policy,
            identity=house.identity,
            storage=storage,
            books=house.books,
            desk=Desk(desk),
            clock=house.clock,
            gateway=gateway_of(house),
            index=index,
            lags=lambda: lags(reader, house.clock),
            asked="kafka",
            understand=house.intake.parts.understand,
            intake=house.intake,
            servers={"postgresql": storage.cases.head, **({"elasticsearch": index.count} if index is not None else {})},
        ),
        pages=pages,
    )


def gateway_of(house: House) -> Gateway:
    """The way in over Kafka: acknowledged is acks=all."""
    return Gateway(
        petition_log(house.settings, house.identity),
        house.storage.rejected,
        house.identity,
        house.clock,
        capacity=house.settings.queue,
        claims=claims_of(house.settings, house.storage),
    )


def petition_log(settings: Settings, identity: Identity) -> KafkaPetitionLog:
    return KafkaPetitionLog(settings.kafka, encode_petition, lambda p: partition_key(p, identity))


def _serve(settings: Settings, make: Callable[[Settings], FastAPI]) -> None:
    import uvicorn

    _logs(settings)
    uvicorn.run(
        make(settings), host=settings.host, port=settings.port, log_level="warning", access_log=False,
        timeout_graceful_shutdown=5,
    )  # fmt: skip


def _logs(settings: Settings) -> None:
    set_up_logs(settings.log_level)
    for chatty in ("kafka", "aiokafka", "elastic_transport", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


# --- What all of them stand on ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The parts that worker, gateway and web have in common."""

    settings: Settings
    policy: Policy
    identity: Identity
    storage: Storage
    """Its ``rejected`` goes in by Kafka."""
    kept: Rejected
    """The table where the rejected end up."""
    books: Books
    segmenter: Segmenter
    intake: Intake
    clock: Callable[[], datetime]


def system_clock() -> datetime:
    """The one place where the wall clock is read on the cluster."""
    return datetime.now(UTC)


def open_house(settings: Settings, clock: Callable[[], datetime] = system_clock) -> House:
    """Settings checked, policy loaded, PostgreSQL opened (and migrated). Raises SettingError, Unavailable."""
    _check(settings)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    policy = load_policy(settings.policy)
    identity = Identity(secret_of(settings))
    opened = open_postgres(settings.database_url)
    way_in = KafkaRejected(settings.kafka, rejected_message)
    storage = replace(opened, rejected=RejectedByKafka(opened.rejected, way_in.put))
    books = Books(policy, storage.versions)
    understand = LexiconUnderstand(policy)
    intake = Intake(
        IntakeParts(
            cases=storage.cases, petitions=storage.petitions, kinship=storage.kinship, understand=understand,
            identity=identity, books=books,
        )
    )  # fmt: skip
    return House(
        settings=settings, policy=policy, identity=identity, storage=storage, kept=opened.rejected, books=books,
        segmenter=understand.segmenter, intake=intake, clock=clock,
    )  # fmt: skip


def _check(settings: Settings) -> None:
    needed = {"SUQIU_KAFKA": settings.kafka, "SUQIU_DATABASE_URL": settings.database_url,
              "SUQIU_ELASTICSEARCH_URL": settings.elasticsearch_url, "SUQIU_SECRET": settings.secret}  # fmt: skip
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise SettingError(f"集群缺少设置:{'、'.join(missing)}", "请在环境变量里写好;所有进程必须用同一个 SUQIU_SECRET")


def open_index(settings: Settings, house: House) -> ElasticIndex:
    """The index, cut by the town's own segmenter."""
    policy, segmenter = house.policy, house.segmenter
    return ElasticIndex(
        Elasticsearch(settings.elasticsearch_url, request_timeout=30, retry_on_timeout=False, max_retries=0),
        cut=segmenter.cut,
        cut_for_search=segmenter.cut_for_search,
        normalise=normalise,
        names=Names.of(policy),
        zone=policy.zone,
        dictionary=CUTTING + "\n".join(policy.dictionary),
    )


class RejectedByKafka:
    """``ports.Rejected``: in by Kafka, where a worker takes it from into the table that is listed and settled."""

    def __init__(self, table: Rejected, put: Callable[[RejectedInput], None]) -> None:
        self.put = put
        self.list, self.get, self.settle, self.briefly = table.list, table.get, table.settle, table.briefly


class MessageReader:
    """``streams.batches.LogReader`` and more over ``KafkaReader``."""

    def __init__(self, reader: KafkaReader) -> None:
        self._reader = reader
        self.committed = reader.committed

    def bounds(self, topics: Iterable[str]) -> dict[tuple[str, int], tuple[int, int]]:
        return self._reader.bounds(topics)

    def first(self, topic: str, partition: int) -> int:
        return self._reader.bounds([topic])[topic, partition][0]

    def read(self, topic: str, partition: int, start: int, end: int) -> Sequence[Message]:
        return [message_of(r) for r in self._reader.read(topic, partition, start, end)]


def message_of(record: Record) -> Message:
    return Message(record.topic, record.partition, record.offset, record.key or b"", record.value or b"", record.at)
