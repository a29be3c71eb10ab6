"""Petitions, their words, and who said what before, in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from cases.ports import Display, Kin, StoredPetition, Text, Traffic
from storage.memory.state import State

Forget = Callable[[Collection[str]], int]
"""Takes the attachments of these petitions away (``UploadKeeping.forget``)."""


class MemoryPetitions:
    """``cases.ports.Petitions`` and ``cases.ports.Kinship``."""

    def __init__(self, state: State, forget: Forget = lambda _: 0) -> None:
        self._state = state
        self._forget_attachments = forget

    def petition(self, petition_id: str) -> StoredPetition | None:
        return self._state.petitions.get(petition_id)

    def known(self, petition_ids: Collection[str]) -> dict[str, StoredPetition]:
        with self._state.lock:
            return {id_: self._state.petitions[id_] for id_ in petition_ids if id_ in self._state.petitions}

    def petitions_of(self, case_ids: Collection[str]) -> dict[str, list[StoredPetition]]:
        found: dict[str, list[StoredPetition]] = {case_id: [] for case_id in case_ids}
        for p in self._all():
            if p.case_id in found:
                found[p.case_id].append(p)
        return found

    def by_receipt(self, receipt_key: str) -> StoredPetition | None:
        return next((p for p in self._all() if p.receipt_key == receipt_key), None)

    def traffic(self, since: datetime, most: int = 100) -> list[Traffic]:
        found: dict[tuple[str, str], list[datetime]] = {}
        for p in self._all():
            found.setdefault((p.sender, p.channel), []).append(p.received_at)
        return [
            Traffic(sender=sender, channel=channel, last_at=max(times), count=sum(at >= since for at in times))
            for (sender, channel), times in sorted(found.items())[:most]
        ]

    def texts(self, text_ids: Collection[str]) -> dict[str, Text]:
        with self._state.lock:
            return {id_: self._state.texts[id_] for id_ in text_ids if id_ in self._state.texts}

    def erase_texts(self, text_ids: Collection[str]) -> int:
        wanted = set(text_ids)
        self._forget_attachments({p.petition_id for p in self._all() if p.text_id in wanted})
        with self._state.lock:
            found = [t for t in self.texts(wanted).values() if t.body is not None]
            for text in found:
                self._state.texts[text.text_id] = replace(text, body=None, salt="", digest="")
            for p in self._all():
                if p.text_id in wanted:
                    self._forget(p)
        return len(found)

    def of_persons(self, keys: Collection[str], since: datetime, limit: int = 20) -> dict[str, list[Kin]]:
        return self._kin(keys, lambda p: p.person_keys, since, limit)

    def of_copies(self, fingerprints: Collection[str], since: datetime, limit: int = 20) -> dict[str, list[Kin]]:
        return self._kin(fingerprints, lambda p: (p.fingerprint,), since, limit)

    def _all(self) -> list[StoredPetition]:
        with self._state.lock:
            return sorted(self._state.petitions.values(), key=lambda p: p.position)

    def _forget(self, p: StoredPetition) -> None:
        self._state.petitions[p.petition_id] = replace(p, person_keys=())
        if p.role == "opened" and p.case_id in self._state.rows:
            self._state.rows[p.case_id] = replace(self._state.rows[p.case_id], display=Display())

    def _kin(
        self, keys: Collection[str], keys_of: Callable[[StoredPetition], tuple[str, ...]], since: datetime, limit: int
    ) -> dict[str, list[Kin]]:
        found: dict[str, list[Kin]] = {key: [] for key in keys}
        with self._state.lock:
            for p in reversed(self._all()):
                for key in keys_of(p):
                    if key in found and p.received_at >= since and len(found[key]) < limit:
                        found[key].append(self._one(p))
        return found

    def _one(self, p: StoredPetition) -> Kin:
        case = self._state.rows[p.case_id].case
        return Kin(
            petition_id=p.petition_id, case_id=p.case_id, person_keys=p.person_keys, fingerprint=p.fingerprint,
            text_id=p.text_id, received_at=p.received_at, state=case.state, topic=case.topic, place=case.place,
            unit=case.unit, secret=case.secret, position=p.position,
        )  # fmt: skip
