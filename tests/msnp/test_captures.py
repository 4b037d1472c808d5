"""Real captures with the truth of what was sent, where they are at hand.

Reassembled as simply as it can be (in order, first octets win), so that what is tested is this package. Every text
of the truth must stand once on its sender's connection and once on each recipient's, as far as those are captured.
"""

import json
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from msnp.accounts import normalise
from msnp.events import Event, Joined, Left, Mark, Present, TextMessage, Undecoded
from msnp.links import Links
from msnp.session import MsnSession

dpkt = pytest.importorskip("dpkt")

PCAPS = Path(__file__).resolve().parents[3] / "shared" / "pcaps"
pytestmark = pytest.mark.skipif(not PCAPS.is_dir(), reason="the captures are not at hand")
PORT = 1863


class Connection:
    """One TCP connection of a capture, and what the session told of it."""

    def __init__(self, client: str, server: str, links: Links, certain: bool) -> None:
        self.events: list[Event] = []
        self.session = MsnSession(self.note, links, client, server, certain)
        self.account: str | None = None
        self.texts: list[tuple[str | None, str]] = []
        self.people: set[str] = set()
        self.heard: list[tuple[str | None, str, frozenset[str]]] = []
        self.next: dict[bool, int] = {}
        self.early: dict[bool, dict[int, tuple[bytes, Mark]]] = {True: {}, False: {}}
        self.last = Mark(0, 0, 0, "")
        self.finished: set[bool] = set()

    def note(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, (Present, Joined)):
            self.people.add(event.account)
        elif isinstance(event, Left) and event.account is not None:
            self.people.discard(event.account)
        elif isinstance(event, TextMessage):
            self.heard.append((event.sender, event.text, frozenset(self.people)))

    def take(self, from_client: bool, octets: bytes, mark: Mark, flags: int) -> None:
        self.last = mark
        if flags & dpkt.tcp.TH_SYN:
            self.next[from_client] = (mark.sequence + 1) % 2**32
        if octets:
            self.carry(from_client, octets, mark)
        if flags & dpkt.tcp.TH_FIN:
            self.finished.add(from_client)
            if self.finished >= set(self.next):  # of both directions, or of the only one that is heard
                self.session.end(mark)

    def carry(self, from_client: bool, octets: bytes, mark: Mark) -> None:
        if from_client not in self.next:
            self.next[from_client] = mark.sequence
            self.session.gap(from_client, None, mark)
        self.early[from_client].setdefault(mark.sequence, (octets, mark))
        while (found := self.early[from_client].pop(self.next[from_client], None)) is not None:
            self.session.analyze_packet(from_client, *found)
            self.next[from_client] = (self.next[from_client] + len(found[0])) % 2**32


def segments(path: Path) -> Iterator[tuple[str, str, Any, int, int]]:
    with path.open("rb") as file:
        reader = dpkt.pcap.UniversalReader(file)
        for number, (time, octets) in enumerate(reader, 1):
            ip = dpkt.ethernet.Ethernet(octets).data
            tcp = ip.data
            if isinstance(tcp, dpkt.tcp.TCP):
                source = f"{socket.inet_ntoa(ip.src)}:{tcp.sport}"
                target = f"{socket.inet_ntoa(ip.dst)}:{tcp.dport}"
                yield source, target, tcp, round(time * 10**9), number


def decode(name: str, *, certain: bool = True) -> list[Connection]:
    links = Links()
    connections: dict[tuple[str, str], Connection] = {}
    for source, target, tcp, time, number in segments(PCAPS / name):
        from_client = target.endswith(f":{PORT}")
        if not from_client and not source.endswith(f":{PORT}"):
            continue
        key = (source, target) if from_client else (target, source)
        syn = bool(tcp.flags & dpkt.tcp.TH_SYN)
        if key not in connections:
            connections[key] = Connection(*key, links, certain and syn)
        connections[key].take(from_client, tcp.data, Mark(time, tcp.seq, number, ""), tcp.flags)
    for connection in sorted(connections.values(), key=lambda connection: connection.last.time):
        connection.session.end(connection.last)
        connection.account = next(
            (event.account for event in connection.events if type(event).__name__ == "AccountKnown"),  # type: ignore[union-attr]
            None,
        )
    return list(connections.values())


def truth(name: str) -> list[tuple[str, str, frozenset[str]]]:
    """Sender, text, recipients."""
    known = json.loads((PCAPS / f"{name}.truth.json").read_text())
    events = known["messages"] if "messages" in known else [e for e in known["events"] if e["kind"] == "text"]
    return [(event["sender"], event["text"], frozenset(event["recipients"])) for event in events]


BOTH = ["msnp8-msnlib", "msnp9-amsn", "msnp12-amsn", "msnp15-emesene"]
"""All participants were tapped."""
WHOLE = [*BOTH, "ppa-msnms"]


@pytest.mark.parametrize("certain", [True, False])
@pytest.mark.parametrize("name", [*BOTH, "msnp15-emesene.no-handshake", "msnp15-emesene.seq-wrap"])
def test_every_text_stands_with_its_sender_and_each_recipient(name: str, certain: bool) -> None:
    sent: Counter[tuple[str | None, str, frozenset[str]]] = Counter()
    received: Counter[tuple[str | None, str | None, str]] = Counter()
    for connection in decode(f"{name}.pcap", certain=certain):
        for sender, text, people in connection.heard:
            if sender is None:
                sent[connection.account, text, people] += 1
            else:
                received[connection.account, sender, text] += 1
    assert sent == Counter(truth(name))
    assert received == Counter(
        (recipient, sender, text) for sender, text, recipients in truth(name) for recipient in recipients
    )


def test_a_connection_of_one_of_two_has_what_both_wrote() -> None:
    (connection,) = [connection for connection in decode("ppa-msnms.pcap") if connection.heard]
    assert connection.account is not None
    assert [(sender or connection.account, text) for sender, text, _ in connection.heard] == [
        (sender, text) for sender, text, _ in truth("ppa-msnms")
    ]


def test_of_clients_alone_every_text_has_its_sender_and_recipients() -> None:
    name = "msnp15-emesene.client-side-only"
    sent = Counter(
        (connection.account, text, people)
        for connection in decode(f"{name}.pcap")
        for _, text, people in connection.heard
    )
    assert sent == Counter(truth(name))


def test_of_servers_alone_every_text_has_its_sender_and_recipients() -> None:
    name = "msnp15-emesene.server-side-only"
    received: Counter[tuple[str | None, str, frozenset[str]]] = Counter()
    for connection in decode(f"{name}.pcap"):
        assert connection.account is not None or not connection.heard
        for sender, text, people in connection.heard:
            received[sender, text, (people - {sender or ""}) | {connection.account or ""}] += 1
    expected: Counter[tuple[str | None, str, frozenset[str]]] = Counter()
    for sender, text, recipients in truth(name):
        expected[sender, text, recipients] += len(recipients)
    assert received == expected


@pytest.mark.parametrize("name", WHOLE)
def test_nothing_of_a_whole_capture_is_undecoded(name: str) -> None:
    reports = [
        event
        for connection in decode(f"{name}.pcap")
        for event in connection.events
        if isinstance(event, Undecoded)
    ]
    assert reports == []


@pytest.mark.parametrize("name", ["zeek-mapi", "msnp15-emesene-gateway"])
def test_other_traffic_gives_no_text(name: str) -> None:
    for connection in decode(f"{name}.pcap"):
        assert not connection.heard


@pytest.mark.parametrize("name", WHOLE)
def test_accounts_are_normalised(name: str) -> None:
    for connection in decode(f"{name}.pcap"):
        for event in connection.events:
            account = getattr(event, "account", None)
            assert account is None or normalise(account) == account
