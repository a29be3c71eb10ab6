"""Petitions and their words, and who said what before, out of the tables."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from cases.ports import Kin, StoredPetition, Text, Traffic
from storage.columns import moment, stamp
from storage.engines import STORE_LOCK, Database
from storage.sql_rows import person_keys_of, petition_of, text_of
from storage.statements import among, ids_json, rows_in
from storage.tables import cases, petition_persons, petitions, texts

_PETITIONS = select(petitions).order_by(petitions.c.position)
_TEXTS = select(texts)
_OF = petitions.c
_NEXT_SENDER = (
    select(_OF.sender, _OF.channel)
    .where(
        _OF.sender >= bindparam("sender"),
        tuple_(_OF.sender, _OF.channel) > tuple_(bindparam("sender"), bindparam("channel")),
    )
    .order_by(_OF.sender, _OF.channel)
    .limit(1)
)
_THEIRS = (_OF.sender == bindparam("sender"), _OF.channel == bindparam("channel"))
_TRAFFIC = select(
    select(func.max(_OF.received_at)).where(*_THEIRS).scalar_subquery(),
    select(func.count()).where(*_THEIRS, _OF.received_at >= bindparam("since")).scalar_subquery(),
)
Forget = Callable[[Collection[str]], int]


class SqlPetitions:
    """``cases.ports.Petitions``."""

    def __init__(self, database: Database, forget: Forget = lambda _: 0) -> None:
        """``forget``: takes the attachments of these petitions away (``UploadKeeping.forget``)."""
        self._database = database
        self._forget_attachments = forget

    def petition(self, petition_id: str) -> StoredPetition | None:
        return self.known([petition_id]).get(petition_id)

    def known(self, petition_ids: Collection[str]) -> dict[str, StoredPetition]:
        return {p.petition_id: p for p in self._where(petitions.c.petition_id, petition_ids)}

    def petitions_of(self, case_ids: Collection[str]) -> dict[str, list[StoredPetition]]:
        """The petitions of each case, first stored first; an empty list for a case without any."""
        found: dict[str, list[StoredPetition]] = {case_id: [] for case_id in case_ids}
        for p in self._where(petitions.c.case_id, case_ids):
            found[p.case_id].append(p)
        return found

    def by_receipt(self, receipt_key: str) -> StoredPetition | None:
        return next(iter(self._where(petitions.c.receipt_key, [receipt_key])), None)

    def traffic(self, since: datetime, most: int = 100) -> list[Traffic]:
        """From one sender and channel to the next along their index, whatever stands between them."""
        found: list[Traffic] = []
        at = {"sender": "", "channel": ""}
        with self._database.snapshot() as connection:
            while len(found) < most and (pair := connection.execute(_NEXT_SENDER, at).mappings().first()):
                at = dict(pair)
                last_at, count = connection.execute(_TRAFFIC, at | {"since": stamp(since)}).one()
                found.append(Traffic(**at, last_at=moment(last_at), count=count))
        return found

    def texts(self, text_ids: Collection[str]) -> dict[str, Text]:
        with self._database.reading() as connection:
            return {r["text_id"]: text_of(r) for r in rows_in(connection, _TEXTS, texts.c.text_id, set(text_ids))}

    def erase_texts(self, text_ids: Collection[str]) -> int:
        """Take away words and salts, the person's keys, attachments, and what a list shows; answers how many texts had words.

        The chain still verifies: events hold the salted hash, which tells nothing without the salt.
        """
        # Found before the lock: erasing is rare, and no index on text_id is worth a page in every batch.
        theirs = self._where(petitions.c.text_id, text_ids)
        # Attachments first: they lie elsewhere, and a break in between leaves words by which it is done again.
        self._forget_attachments({p.petition_id for p in theirs})
        gone = texts.update().where(among(texts.c.text_id, ids_json(text_ids)), texts.c.body.isnot(None))
        with self._database.writing(STORE_LOCK) as connection:
            erased = connection.execute(gone.values(body=None, salt="", digest="")).rowcount
            for p in theirs:
                _forget(connection, p)
        return erased

    def _where(self, column: ColumnElement[Any], ids: Collection[str]) -> list[StoredPetition]:
        with self._database.reading() as connection:
            return [petition_of(row) for row in rows_in(connection, _PETITIONS, column, set(ids))]


def _forget(connection: Connection, p: StoredPetition) -> None:
    """The keyed hashes of who asked, and the lists' words of the case that this petition opened."""
    persons = petition_persons.c
    connection.execute(petition_persons.delete().where(persons.key.in_(p.person_keys), persons.position == p.position))
    connection.execute(petitions.update().where(petitions.c.position == p.position).values(person_keys="[]"))
    if p.role == "opened":
        blank = {"title": "", "snippet": "", "citizen": "", "place_text": ""}
        connection.execute(cases.update().where(cases.c.case_id == p.case_id).values(blank))


class SqlKinship:
    """``cases.ports.Kinship``. The newest few of each key are picked inside one index, then looked up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_persons(self, keys: Collection[str], since: datetime, limit: int = 20) -> dict[str, list[Kin]]:
        return self._newest(_OF_PERSONS, keys, since, limit)

    def of_copies(self, fingerprints: Collection[str], since: datetime, limit: int = 20) -> dict[str, list[Kin]]:
        return self._newest(_OF_COPIES, fingerprints, since, limit)

    def _newest(
        self, statement: Select[Any], keys: Collection[str], since: datetime, limit: int
    ) -> dict[str, list[Kin]]:
        found: dict[str, list[Kin]] = {k: [] for k in keys}
        if not keys:
            return found
        asked = {"asked_keys": ids_json(keys), "since": stamp(since), "few": limit}
        with self._database.reading() as connection:
            rows = list(connection.execute(statement, asked).mappings())
        for row in rows:
            found[row["key"]].append(_kin(row))
        return found


def _newest_of(key: ColumnElement[str], position: ColumnElement[int], received_at: ColumnElement[str]) -> Select[Any]:
    """Put together once: building it costs more than asking it."""
    nth = func.row_number().over(partition_by=key, order_by=position.desc())
    ranked = select(key.label("key"), position.label("position"), nth.label("nth"))
    few = ranked.where(among(key, bindparam("asked_keys")), received_at >= bindparam("since")).subquery()
    joined = few.join(petitions, petitions.c.position == few.c.position).join(
        cases, cases.c.case_id == petitions.c.case_id
    )
    return (
        select(
            few.c.key,
            petitions.c.petition_id,
            petitions.c.case_id,
            petitions.c.fingerprint,
            petitions.c.text_id,
            petitions.c.received_at,
            petitions.c.position,
            petitions.c.person_keys,
            cases.c.state,
            cases.c.topic,
            cases.c.place,
            cases.c.unit,
            cases.c.secret,
        )
        .select_from(joined)
        .where(few.c.nth <= bindparam("few"))
        .order_by(few.c.key, few.c.position.desc())
    )


_OF_PERSONS = _newest_of(petition_persons.c.key, petition_persons.c.position, petition_persons.c.received_at)
_OF_COPIES = _newest_of(petitions.c.fingerprint, petitions.c.position, petitions.c.received_at)


def _kin(row: Any) -> Kin:
    return Kin(
        petition_id=row["petition_id"], case_id=row["case_id"], person_keys=person_keys_of(row),
        fingerprint=row["fingerprint"], text_id=row["text_id"], received_at=moment(row["received_at"]),
        state=row["state"], topic=row["topic"], place=row["place"], unit=row["unit"], secret=row["secret"],
        position=row["position"],
    )  # fmt: skip
