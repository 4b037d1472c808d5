"""What is told of a contact list, short enough to be read in a test."""

from collections.abc import Iterable, Sequence

from msnp.events import ContactLearnt, Event, NameChanged, ProfileLearnt
from tests.msnp.dialogue import Said, Wire, script

G1 = "00000000-0000-0000-0001-000000000001"
G2 = "00000000-0000-0000-0001-000000000002"
KIM = "00000000-0000-0000-0002-000000000001"
PAT = "00000000-0000-0000-0002-000000000002"


def login(version: int | None, text: str = "") -> list[Said]:
    """A connection of lou's, in a version or in an unknown one, and lines that follow."""
    known = script(f"C: VER 1 MSNP{version} CVR0\nS: VER 1 MSNP{version}") if version else []
    return [*known, *script("S: USR 4 OK lou@a.example 1 0"), *script(text)]


def heard(dialogue: Sequence[Said], *, client: bool = True, server: bool = True, late: bool = False) -> list[Event]:
    """What is told if these sides are tapped."""
    wire = Wire()
    if late:
        wire.join(False)
    for from_client, octets in dialogue:
        if client if from_client else server:
            wire.send(from_client, octets)
        else:
            wire.time += 1
    return wire.end()


def changes(events: Iterable[Event]) -> list[str]:
    """``blocked kim@b.example BL``; ``~`` in front of what the contact did."""
    return [line for event in events if (line := _short(event)) is not None]


def _short(event: Event) -> str | None:
    if isinstance(event, NameChanged):
        return f"name {event.account or '-'} {event.name}"
    if not isinstance(event, ContactLearnt | ProfileLearnt):
        return None
    details = dict(event.details)
    name = details.pop("name", None)
    words = [str(details.pop("action", "-"))]
    if isinstance(event, ContactLearnt):
        assert event.name == name
        words.append(("~" if event.by_contact else "") + event.account)
    else:
        words.append("-")
    if "lists" in details:
        lists = details.pop("lists")
        assert isinstance(lists, list)
        words.append("+".join(lists) or "none")
    if name is not None:
        words.append(f"'{name}'")
    details.pop("network_name", None)
    words += [f"{key}={value}" for key, value in details.items()]
    return " ".join(words)


def details_of(events: Iterable[Event]) -> list[dict[str, object]]:
    """All that is said of contacts and of the own account."""
    return [dict(event.details) for event in events if isinstance(event, ContactLearnt | ProfileLearnt)]
