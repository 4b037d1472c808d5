"""What the target's notification connection says, as records; and what is gathered from them."""

from collections.abc import Iterable

from rcds_sniffer.profile import Person, gather
from rcds_sniffer.records.record import CommunicationRecord
from tests.rcds_sniffer.export.export_crafting import ALICE, BOB, MEI, make_record

__all__ = ["ALICE", "BOB", "MEI", "at", "contact", "known", "login", "logout", "presence", "profile", "said"]

OWN = {"conversation_id": None, "recipients": (), "sender_name": None}


def at(second: float) -> str:
    """That second of the evening, as it is told."""
    return f"2026-11-22T22:{15 + int(second) // 60:02d}:{int(second) % 60:02d}.000000Z"


def login(second: float, **changed: object) -> CommunicationRecord:
    return make_record(second, **{**OWN, "event": "login", "details": {"client": "MSNMSGR"}, **changed})


def logout(second: float, **changed: object) -> CommunicationRecord:
    return make_record(second, **{**OWN, "event": "logout", **changed})


def presence(second: float, sender: str = ALICE, name: str | None = None, **details: object) -> CommunicationRecord:
    recipients = () if sender == ALICE else (ALICE,)
    changed = {**OWN, "event": "presence", "sender": sender, "sender_name": name, "recipients": recipients}
    return make_record(second, **changed, details=details)


def profile(second: float, **details: object) -> CommunicationRecord:
    return make_record(
        second, **{**OWN, "event": "profile", "sender_name": details.get("name"), "details": details}
    )


def contact(second: float, account: str = BOB, **details: object) -> CommunicationRecord:
    return make_record(second, **{**OWN, "event": "contact", "recipients": (account,), "details": details})


def said(second: float, **changed: object) -> CommunicationRecord:
    return make_record(second, **changed)


def known(*records: CommunicationRecord, account: str = ALICE) -> dict[str, object]:
    """The JSON form of what ``records`` say."""
    person = gather(account, records)
    assert person is not None
    return person.to_dict()


def facts(person: dict[str, object], key: str, *names: str) -> list[tuple[object, ...]]:
    """Of each fact of a list the values that ``names`` call for."""
    entries = person.get(key, [])
    assert isinstance(entries, Iterable)
    return [tuple(entry.get(name) for name in names) for entry in entries]


def whole(*records: CommunicationRecord) -> Person:
    person = gather(ALICE, records)
    assert person is not None
    return person
