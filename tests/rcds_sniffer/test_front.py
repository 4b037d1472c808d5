"""Whose a flow is: by its port, by a port that the traffic named, or by what it begins with."""

from socket import inet_aton

import pytest

from rcds_sniffer.front import MAX_LEARNT, Front
from rcds_sniffer.probing import MAX_EVENTS
from reassembly.events import Endpoint, Flow, StreamData, StreamEnd, StreamEvent, StreamGap


class Counters:
    def __init__(self) -> None:
        self.numbers = {"gaps": 3, "gap_octets": 300, "flows": 2}

    def as_dict(self) -> dict[str, int]:
        return dict(self.numbers)


class Engine:
    """Hands on what the test tells it."""

    def __init__(self, callback) -> None:
        self.tell = callback
        self.counters = Counters()

    def close(self) -> None:
        pass


class Greeting:
    """A protocol whose flows begin with HELLO; it may name ports."""

    ports = (7000,)

    def __init__(self, name: str = "greeting", word: bytes = b"HELLO") -> None:
        self.name, self.word = name, word
        self.received: list[StreamEvent] = []
        self.wanted = frozenset[int]()
        self.counters: dict[str, int] = {}
        self.closed = 0

    def probe(self, client: bytes, server: bytes, *, begun: bool) -> bool | None:
        if len(client) >= len(self.word):
            return client.startswith(self.word)
        return None if self.word.startswith(client) else False

    def decoder(self, emit, ports: frozenset[int], *, looks_again: bool) -> "Greeting":
        return self

    def receive(self, event: StreamEvent) -> None:
        self.received.append(event)

    def close(self) -> None:
        self.closed += 1

    @property
    def heard(self) -> bytes:
        return b"".join(event.octets for event in self.received if isinstance(event, StreamData))


def flow(port: int, client: int = 40_000) -> Flow:
    return Flow(Endpoint(inet_aton("10.0.0.1"), client), Endpoint(inet_aton("192.0.2.1"), port), True, 0)


def said(of: Flow, octets: bytes, from_client: bool = True) -> StreamData:
    return StreamData(of, from_client, 0, 0, 1, "test", octets)


def ended(of: Flow) -> StreamEnd:
    return StreamEnd(of, 0, 1, "test", "fin")


def front(*protocols: Greeting, any_port: bool = False, looks_again: bool = False) -> Front:
    claimed = [(protocol, frozenset(protocol.ports)) for protocol in protocols]
    return Front(Engine, claimed, print, any_port=any_port, looks_again=looks_again)


def test_a_flow_on_no_claimed_port_is_passed_over() -> None:
    greeting = Greeting()
    there = front(greeting)
    there.engine.tell(said(flow(7001), b"HELLO"))
    there.engine.tell(said(flow(7000), b"HI"))
    assert greeting.heard == b"HI"


def test_on_any_port_what_was_held_while_nobody_knew_comes_in_order() -> None:
    greeting = Greeting()
    there = front(greeting, any_port=True)
    one = flow(9999)
    for octets in (b"HE", b"L", b"LO", b" again"):
        there.engine.tell(said(one, octets))
    there.engine.tell(ended(one))
    assert greeting.heard == b"HELLO again"
    assert isinstance(greeting.received[-1], StreamEnd)


def test_of_several_protocols_the_one_that_knows_it_gets_it() -> None:
    first, second = Greeting(), Greeting("parting", b"HENCE")
    there = front(first, second, any_port=True)
    one = flow(9999)
    there.engine.tell(said(one, b"HEN"))
    there.engine.tell(said(one, b"CE!"))
    assert (first.heard, second.heard) == (b"", b"HENCE!")


def test_a_flow_of_nobodys_is_not_asked_about_again() -> None:
    greeting = Greeting()
    there = front(greeting, any_port=True)
    one = flow(9999)
    there.engine.tell(said(one, b"GET /"))
    there.engine.tell(said(one, b"HELLO"))
    there.engine.tell(ended(one))
    assert greeting.received == []


@pytest.mark.parametrize("side", [True, False])
def test_a_flow_that_says_nothing_telling_is_held_no_longer_than_the_limit(side: bool) -> None:
    greeting = Greeting()
    there = front(greeting, any_port=True)
    one = flow(9999)
    for _ in range(MAX_EVENTS):
        there.engine.tell(said(one, b"", from_client=side))
    there.engine.tell(said(one, b"HELLO"))
    assert greeting.received == []


def test_a_port_that_the_traffic_names_is_the_protocols_from_then_on() -> None:
    greeting = Greeting()
    there = front(greeting)
    there.engine.tell(said(flow(31337), b"too early"))
    greeting.wanted = frozenset({31337})
    assert there.follow()
    assert not there.follow(), "it is not new twice"
    there.engine.tell(said(flow(31337, 40_001), b"file"))
    greeting.wanted = frozenset()
    there.engine.tell(said(flow(31337, 40_002), b" more"))
    assert greeting.heard == b"file more"


def test_the_oldest_of_many_learnt_ports_is_forgotten() -> None:
    greeting = Greeting()
    there = front(greeting)
    for port in range(10_000, 10_001 + MAX_LEARNT):
        greeting.wanted = frozenset({port})
        there.follow()
    assert len(there.learnt) == MAX_LEARNT
    assert 10_000 not in there.learnt


def test_of_a_capture_that_is_read_again_no_port_is_forgotten() -> None:
    greeting = Greeting()
    there = front(greeting, looks_again=True)
    for port in range(10_000, 14_000):
        greeting.wanted = frozenset({port})
        there.follow()
    assert len(there.learnt) == 4_000


def test_the_second_look_takes_learnt_ports_alone_and_counts_on() -> None:
    greeting = Greeting()
    there = front(greeting)
    greeting.wanted = frozenset({31337})
    there.follow()
    there.look_again()
    there.engine.tell(said(flow(7000, 31337), b"seen in the first look"))
    there.engine.tell(said(flow(31337), b"file"))
    assert greeting.heard == b"file"
    assert there.counted() == {"gaps": 6, "gap_octets": 600, "flows": 4}
    there.close()
    assert greeting.closed == 1


def lost(of: Flow, octets: int) -> StreamGap:
    return StreamGap(of, True, 0, 0, 1, "test", octets)


@pytest.mark.parametrize("any_port", [False, True])
def test_what_is_lost_on_ports_of_nobodys_is_no_loss(any_port: bool) -> None:
    there = front(Greeting(), any_port=any_port)
    one = flow(9999)
    for event in (lost(one, 50), said(one, b"GET /"), lost(one, 70)):
        there.engine.tell(event)
    assert there.counted() == {"gaps": 1, "gap_octets": 180, "flows": 2}


def test_what_is_lost_of_others_connections_is_no_loss() -> None:
    greeting = Greeting()
    there = front(greeting)
    greeting.counters = {"foreign_gaps": 1, "foreign_gap_octets": 120}
    assert there.counted() == {"gaps": 2, "gap_octets": 180, "flows": 2}
