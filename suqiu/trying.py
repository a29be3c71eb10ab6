"""试发: what would become of a body that an integrator's key sends. Checked, understood and decided; written nowhere."""

from __future__ import annotations

from cases.ports import ApiKey
from dashboards.parts import Tried
from ingest.gateway import Gateway, Item, Manner
from ingest.hotline import item_of
from streams.intake import Intake


def try_out(gateway: Gateway, intake: Intake, kind: str, body: str, key: ApiKey) -> Tried:
    """``kind``: petition or order (a hotline work order). Raises BadInput, NotAllowed; nothing of it is kept.

    1. The gateway's own check, with the key's channels: the petition as it would go to the log.
    2. The reading, and the decision that intake would make on the store as it stands now.
    3. Neither the log nor the store nor the list of the rejected is written.
    """
    item = item_of(body, intake.parts.books.policy.zone) if kind == "order" else Item(body=body)
    manner = Manner(via="try", channels=frozenset({"hotline"}) if kind == "order" else key.channels)
    petition = gateway.check(item, sender=key.name, manner=manner)
    [arrival] = intake.understand([petition])
    [decision] = intake.decide([arrival], gateway.clock())
    case, said = decision.case, arrival.understood
    routed = next((e.data for e in decision.events if e.type == "case.routed"), {})
    return Tried(
        known=intake.parts.petitions.petition(petition.petition_id) is not None,
        joins=decision.expected_version > 0,
        channel=petition.channel,
        topic=said.topic,
        confidence=said.confidence,
        purpose=said.purpose,
        urgency=said.urgency,
        secret=case.secret,
        state=case.state,
        unit=case.unit,
        proposed_unit=case.proposed_unit,
        reason=str(routed.get("reason") or routed.get("basis") or ""),
        masked_title=said.masked_title,
        masked_text=said.masked_text,
        pack=case.pack,
        clocks=tuple((d.clock, d.unit or "", d.due_at) for d in decision.deadlines),
        notices=tuple((n.to, n.template) for n in decision.notices),
    )
