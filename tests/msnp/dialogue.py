"""Sessions written down as dialogues.

``C:`` and ``S:`` lines are what client and server say; a payload follows its line as :func:`say` writes it. A
:class:`Wire` carries them to a session with the marks that a stream engine would give.
"""

from collections.abc import Callable, Iterable, Sequence

from msnp.events import Event, Mark
from msnp.limits import Limits
from msnp.links import Links
from msnp.session import MsnSession

Said = tuple[bool, bytes]
SECOND = 1_000_000_000
CLIENT, SERVER = "10.0.0.7:40001", "192.0.2.9:1863"


def say(line: str, payload: bytes | str = b"") -> Said:
    """``C: …`` or ``S: …``; ``#`` in it becomes the payload's length."""
    octets = payload.encode() if isinstance(payload, str) else payload
    side, _, command = line.partition(": ")
    assert side in {"C", "S"}, line
    return side == "C", command.replace("#", str(len(octets))).encode() + b"\r\n" + octets


def script(text: str) -> list[Said]:
    """A dialogue of lines without payloads."""
    return [say(line.strip()) for line in text.strip().splitlines() if line.strip()]


def mime(body: bytes | str, kind: str | None = "text/plain; charset=UTF-8", **headers: str) -> bytes:
    """A payload with the usual headers; ``P4_Context`` stands for ``P4-Context``."""
    lines = ["MIME-Version: 1.0"] if kind else []
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + _octets(body)


def _octets(body: bytes | str) -> bytes:
    return body.encode() if isinstance(body, str) else body


class Wire:
    """One connection under test."""

    def __init__(
        self,
        links: Links | None = None,
        *,
        client: str = CLIENT,
        server: str = SERVER,
        certain: bool = True,
        limits: Limits | None = None,
        time: int = 1_000 * SECOND,
        emit: Callable[[Event], None] | None = None,
    ) -> None:
        self.events: list[Event] = []
        self.time = time
        self.packet = 0
        self.next = {True: 1000, False: 2**32 - 50}  # the server's numbers wrap early
        self.session = MsnSession(emit or self.events.append, links or Links(), client, server, certain, limits)

    def mark(self, from_client: bool) -> Mark:
        return Mark(self.time, self.next[from_client], self.packet, "test")

    def send(self, from_client: bool, octets: bytes) -> None:
        self.packet += 1
        self.session.analyze_packet(from_client, octets, self.mark(from_client))
        self.next[from_client] = (self.next[from_client] + len(octets)) % 2**32

    def lose(self, from_client: bool, octets: bytes | int) -> None:
        """These octets are sent, and the tap misses them."""
        length = octets if isinstance(octets, int) else len(octets)
        self.next[from_client] = (self.next[from_client] + length) % 2**32
        self.session.gap(from_client, length, self.mark(from_client))

    def join(self, from_client: bool) -> None:
        """This direction is joined in mid-stream."""
        self.session.gap(from_client, None, self.mark(from_client))

    def play(self, dialogue: Iterable[Said], *, seconds: float = 0) -> "Wire":
        for from_client, octets in dialogue:
            self.send(from_client, octets)
            self.time += int(seconds * SECOND)
        return self

    def wait(self, seconds: float) -> "Wire":
        self.time += int(seconds * SECOND)
        return self

    def end(self) -> list[Event]:
        self.session.end(self.mark(True))
        return self.events


def events_of(dialogue: Sequence[Said], *, end: bool = True, limits: Limits | None = None) -> list[Event]:
    """What a session tells of a dialogue that was seen from its beginning."""
    wire = Wire(limits=limits).play(dialogue)
    return wire.end() if end else wire.events


def only(events: Iterable[Event], *kinds: type[Event]) -> list[Event]:
    """Those of some kinds."""
    return [event for event in events if isinstance(event, kinds)]


def tell(events: Iterable[Event]) -> list[str]:
    """Events, short enough to be read in a test: ``Joined bob@b.example``."""
    return [_short(event) for event in events]


_SHORT = {
    "VersionAgreed": "version",
    "ServerKnown": "notification",
    "AccountKnown": "account evidence",
    "ConversationKnown": "session_id",
    "LoggedIn": "account name error",
    "LoggedOut": "reason",
    "StatusChanged": "account status name initial network capabilities",
    "NameChanged": "account name",
    "Called": "account error",
    "Rung": "inviter inviter_name session_id server",
    "Present": "account name",
    "Joined": "account name",
    "Left": "account idle",
    "TextMessage": "sender text",
    "TypingNotice": "sender recording",
    "Nudge": "sender",
    "ActionText": "sender text",
    "Acknowledged": "transaction delivered",
    "Undecoded": "octets reason",
    "MailNoticed": "content_type",
}


def _short(event: Event) -> str:
    name = type(event).__name__
    values = [getattr(event, field) for field in _SHORT.get(name, "").split()]
    words = [name, *("-" if value is None else str(value) for value in values)]
    return " ".join(words) + (" (inferred)" if event.inferred else "")
