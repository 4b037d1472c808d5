"""A stage for the recorder: events are said as in a play, and the records come out.

``Stage("alice@example.org")`` records alice. ``line = stage.line("alice@example.org", session="17")`` is a tapped
connection; ``line.says("hi")``, ``line.hears("bob@example.com", "hi")`` are what it carries. Time goes on by 10 ms
a line, or as ``at`` says (milliseconds).
"""

from rcds_sniffer import events as ev
from rcds_sniffer.events import Connection, Seen
from rcds_sniffer.orders import Everybody, NamedTargets, Warrant
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.records.recorder import Recorder

ALICE, BOB, CAROL, DAVE = "alice@example.org", "bob@example.com", "carol@example.net", "dave@example.jp"
START = 1_100_000_000_000_000_000
MS = 1_000_000


class Stage:
    """A recorder, and the records that came out of it."""

    def __init__(self, *targets: str, everybody: bool = False, warrant: Warrant | None = None) -> None:
        self.records: list[CommunicationRecord] = []
        chosen = warrant or (Everybody() if everybody else NamedTargets(targets))
        self.recorder = Recorder(chosen, self.records.append, "nis-1")
        self.now = START
        self._lines = 0

    def tick(self, at: int | None) -> int:
        self.now = self.now + 10 * MS if at is None else START + at * MS
        return self.now

    def line(
        self,
        account: str | None = None,
        *,
        session: str | None = None,
        there: tuple[str, ...] = (),
        server: str = "203.0.113.5:1863",
        unsure: bool = False,
    ) -> "Line":
        """A connection to a switchboard: who is at its client end, and who was there when it came in."""
        self._lines += 1
        line = Line(self, Connection("msnp", f"192.0.2.{self._lines}:4000", server, self.tick(None)))
        if unsure:
            line.unsure()
        if account is not None:
            line.is_of(account)
        if session is not None:
            line.is_session(session)
        for other in there:
            line.put(ev.Present, account=other)
        if account is not None and not unsure:
            line.put(ev.Entered)
        return line

    def end(self) -> list[CommunicationRecord]:
        """Close the recorder; all records."""
        self.recorder.close()
        return self.records

    def messages(self, target: str | None) -> list[tuple[str | None, tuple[str, ...], str | None]]:
        """Sender, recipients and text of the target's messages, in order of time."""
        found = [r for r in self.records if r.event == "message" and r.target == target]
        return [(r.sender, r.recipients, r.text) for r in sorted(found, key=lambda r: r.time)]

    def events(self, target: str | None) -> list[str]:
        """The target's events, in order of time."""
        return [r.event for r in sorted(self.records, key=lambda r: r.time) if r.target == target]


class Line:
    """One tapped connection."""

    def __init__(self, stage: Stage, connection: Connection) -> None:
        self.stage = stage
        self.connection = connection
        self._sequence = 0

    def put(self, kind: type[ev.Event], /, *, at: int | None = None, out: bool = False, **fields: object) -> None:
        self._sequence += 100
        seen = Seen(self.stage.tick(at), self._sequence, self._sequence // 100, "test.pcap", out)
        self.stage.recorder.receive(kind(connection=self.connection, seen=seen, **fields))

    def is_of(self, account: str) -> None:
        self.put(ev.AccountKnown, account=account, evidence="test")

    def is_session(self, session: str) -> None:
        self.put(ev.ConversationKnown, session_id=session)

    def unsure(self, at: int | None = None) -> None:
        self.put(ev.RosterUnsure, at=at)

    def joins(self, account: str, at: int | None = None) -> None:
        self.put(ev.Joined, account=account, at=at)

    def leaves(self, account: str | None, at: int | None = None) -> None:
        self.put(ev.Left, account=account, at=at)

    def says(self, text: str, /, at: int | None = None, **fields: object) -> None:
        self.put(ev.Message, at=at, out=True, **(message(text) | {"sender": None} | fields))

    def hears(self, sender: str, text: str, /, at: int | None = None, **fields: object) -> None:
        self.put(ev.Message, at=at, **(message(text) | {"sender": sender} | fields))

    def closes(self, at: int | None = None) -> None:
        self.put(ev.ConnectionClosed, at=at)


def message(text: str) -> dict[str, object]:
    return {
        "text": text,
        "content_type": "text/plain",
        "length": len(text.encode()),
        "details": {"charset": "utf-8"},
    }


def cut(text: str, *pieces: tuple[int, int]) -> dict[str, object]:
    """The fields of a message of which only the octets [begin, end) of ``pieces`` were seen."""
    octets = text.encode()
    known = tuple((begin, octets[begin:end]) for begin, end in pieces)
    seen = b"".join(piece for _, piece in known)
    return {
        "text": seen.decode(errors="replace"),
        "known": known,
        "missing": len(octets) - len(seen),
        "complete": False,
        "length": len(octets),
    }


def covers(warrant: Warrant, account: str, time: int) -> bool:
    """Whether something is granted of ``account`` at ``time`` (ns), away from its own connection."""
    return bool(warrant.grants(account, time, "msnp", None))
