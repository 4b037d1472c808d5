"""A file on its way by MSNFTP."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msnp.events import Event
from msnp.ftp_lines import MAX_LINE
from msnp.limits import Limits
from msnp.links import Links
from msnp.mark import Mark
from msnp.msnftp import MAX_HELD, FtpLine
from msnp.rendezvous import FtpMeeting
from msnp.state import State
from msnp.utterances import FileOctets, Sending
from tests.msnp.dialogue import SECOND
from tests.msnp.test_ftp_blocks import END, blocks_of

FILE = random.Random(8).randbytes(9_001)
NOW = 700 * SECOND
PORT = 6892
LOU, KIM = "lou@a.example", "kim@b.example"
VER = b"VER MSNFTP\r\n"
USR = b"USR Kim@b.example 4711\r\n"
FIL = b"FIL 9001\r\n"
TFR = b"TFR\r\n"
BYE = b"BYE 16777989\r\n"
DATA = blocks_of(FILE)

Step = tuple[str, bytes | int | None]
"""``receiver`` or ``sender``, and what it says, or how many octets of it are lost."""
WHOLE: list[Step] = [
    ("receiver", VER),
    ("sender", VER),
    ("receiver", USR),
    ("sender", FIL),
    ("receiver", TFR),
    ("sender", DATA),
    ("receiver", BYE),
]


def state_of(account: str | None, links: Links) -> State:
    state = State(lambda _event: None, links, "10.0.0.7:1", "192.0.2.9:1863", Limits())
    state.account = account
    state.name = "Lou L"
    return state


class Peers:
    """A connection between two peers, and who agreed on it."""

    def __init__(self, *, receiver_opens: bool = True, port: int = PORT) -> None:
        self.links = Links()
        self.told: list[tuple[State, Event]] = []
        self.line = FtpLine(self.links.rendezvous, port, lambda state, event: self.told.append((state, event)))
        self.receiver_opens = receiver_opens
        self.next = {True: 100, False: 2**32 - 40}

    def agree(
        self,
        own: str | None = LOU,
        *,
        sender: str | None = LOU,
        recipient: str | None = KIM,
        cookie: str = "4711",
        transfer: str = "ftp-33",
        size: int | None = 9001,
        port: int = PORT,
        time: int = NOW,
        session_id: str | None = "7788",
    ) -> State:
        state = state_of(own, self.links)
        state.session_id = session_id
        meeting = FtpMeeting(time, port, cookie, transfer, "bilder 图.zip", size, sender, recipient, state)
        self.links.rendezvous.await_ftp(meeting)
        return state

    def play(self, steps: Sequence[Step], cut: int | None = None) -> "Peers":
        for who, what in steps:
            side = (who == "receiver") == self.receiver_opens
            if isinstance(what, bytes):
                for at in range(0, len(what), cut or len(what)):
                    part = what[at : at + (cut or len(what))]
                    self.line.analyze_packet(side, part, Mark(NOW, self.next[side], 7, "test"))
                    self.next[side] = (self.next[side] + len(part)) % 2**32
            else:
                self.next[side] = (self.next[side] + (what or 0)) % 2**32
                self.line.gap(side, what, Mark(NOW, self.next[side], 7, "test"))
        return self

    def end(self) -> "Peers":
        self.line.end(Mark(NOW, 0, 8, "test"))
        return self

    @property
    def events(self) -> list[Event]:
        return [event for _, event in self.told]

    def file(self) -> tuple[bytes, set[int]]:
        octets, seen = bytearray(len(FILE)), set()
        for event in self.events:
            if isinstance(event, FileOctets):
                octets[event.offset : event.offset + len(event.octets)] = event.octets
                seen |= set(range(event.offset, event.offset + len(event.octets)))
        return bytes(octets), seen

    def ended(self) -> Sending:
        (event,) = [event for event in self.events if isinstance(event, Sending)]
        assert event is self.events[-1]
        return event


def outcome(peers: Peers) -> object:
    file = peers.ended().file
    assert file is not None
    return file["outcome"]


@pytest.mark.parametrize("receiver_opens", [True, False])
@pytest.mark.parametrize("cut", [None, 1, 3, 1460])
def test_a_file_goes_from_peer_to_peer(receiver_opens: bool, cut: int | None) -> None:
    peers = Peers(receiver_opens=receiver_opens)
    state = peers.agree()
    peers.play(WHOLE, cut)
    ended = peers.ended()  # with the BYE, not with the connection
    assert peers.file()[0] == FILE
    assert all(own is state for own, _ in peers.told)
    assert (ended.kind, ended.sender, ended.recipient, ended.transfer) == ("file", LOU, KIM, "ftp-33")
    assert ended.sender_name == "Lou L"
    assert ended.identity == "ftp-33 data"
    assert ended.file == {"name": "bilder 图.zip", "size": 9001, "sha1": None, "outcome": "complete"}
    assert ended.details == {
        "transfer": "ftp-33",
        "application": "File Transfer",
        "transport": "msnftp",
        "bye_code": 16777989,
        "bye": "received",
    }
    first = next(event for event in peers.events if isinstance(event, FileOctets))
    assert (first.sender, first.recipient, first.transfer, first.offset) == (LOU, KIM, "ftp-33", 0)
    assert ended.mark == first.mark
    assert first.from_client is not receiver_opens
    count = len(peers.told)
    peers.play(WHOLE).end()
    assert len(peers.told) == count
    assert peers.line.concerned


@pytest.mark.parametrize(
    ("ver", "usr", "fil"),
    [
        (b"VER 1 MSNFTP\r\n", USR, FIL),
        (b"VER MSNFTP\n", b"USR kim@b.example 4711\n", b"FIL 9001\n"),
        (b"VER MSNFTP MSN_SECURE_FTP\r\n", b"USR kim@b.example;{1} 4711\r\n", b"FIL 9001 \r\n"),
    ],
)
def test_lines_as_they_may_stand(ver: bytes, usr: bytes, fil: bytes) -> None:
    steps: list[Step] = [("receiver", ver + usr), ("sender", ver + fil + DATA[:700]), ("sender", DATA[700:] + END)]
    peers = Peers()
    peers.agree()
    peers.play(steps).end()
    assert peers.file()[0] == FILE
    assert outcome(peers) == "complete"


def test_both_ends_that_agreed_are_told() -> None:
    peers = Peers()
    own, kims = peers.agree(sender=None), peers.agree(KIM)
    peers.play(WHOLE).end()
    (one, first), (other, second) = [(state, event) for state, event in peers.told if isinstance(event, Sending)]
    assert {id(one), id(other)} == {id(own), id(kims)}
    assert (first.sender, first.recipient) == (second.sender, second.recipient) == (LOU, KIM)
    assert len(peers.told) == 2 * (peers.told.index((one, first)) // 2 + 1)


def test_who_does_not_know_the_conversation_leaves_it_to_who_does() -> None:
    for numbers, told in (([None, "7788"], [False, True]), ([None, None], [True, False])):
        peers = Peers()
        states = [peers.agree(session_id=number) for number in numbers]
        peers.play(WHOLE)
        assert [any(state is one for one, _ in peers.told) for state in states] == told


def test_while_no_account_is_proven_every_end_is_told() -> None:
    peers = Peers()
    states = [peers.agree(None, session_id=None) for _ in range(2)]
    peers.play(WHOLE)
    assert [any(state is one for one, _ in peers.told) for state in states] == [True, True]
    (first, second) = [event for event in peers.events if isinstance(event, Sending)]
    assert (first.sender, second.sender) == (LOU, LOU)


def test_an_own_account_that_is_not_proven_stays_so() -> None:
    peers = Peers()
    peers.agree(None, sender=None, recipient=None)
    peers.play(WHOLE).end()
    assert (peers.ended().sender, peers.ended().recipient) == (None, KIM)


def test_the_receiver_says_who_it_is() -> None:
    peers = Peers()
    peers.agree(recipient=None)
    peers.play(WHOLE)
    assert peers.ended().recipient == KIM


@pytest.mark.parametrize(
    ("behind", "by", "bye"),
    [
        ([("receiver", b"BYE 2164261682\r\n")], "recipient", "cancelled"),
        ([("receiver", b"BYE 2164261694\r\n")], "recipient", "timed out"),
        ([("receiver", b"BYE 2147942405\r\n")], "recipient", "disk full"),
        ([("receiver", b"BYE 99\r\n")], "recipient", None),
        ([("receiver", b"CCL\r\n")], "recipient", None),
        ([("sender", END)], "sender", None),
        ([("sender", b"BYE 2164261682\r\n")], "sender", "cancelled"),
    ],
)
def test_it_is_cancelled(behind: list[Step], by: str, bye: str | None) -> None:
    peers = Peers()
    peers.agree()
    peers.play([*WHOLE[:5], ("sender", DATA[:2048]), *behind]).end()
    assert outcome(peers) == "cancelled"
    details = peers.ended().details
    assert (details["cancelled_by"], details.get("bye")) == (by, bye)
    assert peers.file()[1] == set(range(2045))


def test_a_goodbye_ahead_of_data_that_were_waited_for() -> None:
    peers = Peers()
    peers.agree()
    peers.play([*WHOLE[:5], ("sender", DATA[:5000]), ("receiver", BYE), ("sender", DATA[5000:])])
    assert peers.file()[0] == FILE
    assert outcome(peers) == "complete"


def test_the_connection_ends_in_the_middle() -> None:
    peers = Peers()
    peers.agree()
    peers.play([*WHOLE[:5], ("sender", DATA[:2048])])
    assert not [event for event in peers.events if isinstance(event, Sending)]
    assert outcome(peers.end()) == "cut"


def test_nothing_came_but_the_size() -> None:
    peers = Peers()
    peers.agree()
    peers.play(WHOLE[:5]).end()
    assert outcome(peers) == "cut"
    nothing = Peers()
    nothing.agree()
    nothing.play(WHOLE[:3]).end()
    assert nothing.told == []


def test_an_empty_file() -> None:
    peers = Peers()
    peers.agree(size=0)
    peers.play([*WHOLE[:3], ("sender", b"FIL 0\r\n"), ("receiver", TFR + BYE)]).end()
    assert outcome(peers) == "complete"
    assert len(peers.told) == 1


def test_sizes_that_differ_are_both_told() -> None:
    peers = Peers()
    peers.agree(size=20_000)
    peers.play(WHOLE)
    ended = peers.ended()
    assert ended.file is not None
    assert (ended.file["size"], ended.details["announced_size"]) == (9001, 20_000)


def test_more_data_than_was_said_is_left_out() -> None:
    peers = Peers()
    peers.agree()
    steps = [*WHOLE[:3], ("sender", b"FIL 5000\r\n"), *WHOLE[4:]]
    peers.play(steps).end()
    assert peers.file()[1] == set(range(5000))
    assert outcome(peers) == "complete"


def test_a_size_that_is_a_lie_takes_no_room() -> None:
    peers = Peers()
    peers.agree()
    peers.play([*WHOLE[:3], ("sender", b"FIL 9999999999999999999\r\n"), ("sender", DATA)]).end()
    assert peers.file()[0] == FILE
    assert outcome(peers) == "cut"


@pytest.mark.parametrize("length", [1, 2, 3, 700, 2045, 2048, 4097])
def test_octets_that_are_lost_are_a_hole(length: int) -> None:
    peers = Peers()
    peers.agree()
    peers.play([*WHOLE[:5], ("sender", DATA[:2500]), ("sender", length), ("sender", DATA[2500 + length :])])
    peers.play([("receiver", BYE)]).end()
    octets, seen = peers.file()
    assert all(octets[at] == FILE[at] for at in seen)
    assert len(FILE) - len(seen) <= length
    assert outcome(peers) == "complete"


def test_where_the_place_is_lost_nothing_more_is_told() -> None:
    peers = Peers()
    peers.agree()
    peers.play([*WHOLE[:5], ("sender", DATA[:2500]), ("sender", None), ("sender", DATA[4096:])]).end()
    assert peers.file()[1] == set(range(2494))
    assert outcome(peers) == "cut"


@pytest.mark.parametrize(
    "steps",
    [
        [("receiver", 12), ("sender", 12), *WHOLE[2:]],  # VER is lost
        [("receiver", 12), ("sender", VER), ("receiver", len(USR)), *WHOLE[3:]],  # USR too: the port and size tell
        [("sender", VER + FIL), ("sender", DATA), ("sender", END)],  # one direction is not there at all
        [("receiver", None), ("receiver", VER), ("sender", None), ("sender", VER), *WHOLE[2:]],
        [*WHOLE[:3], ("sender", len(FIL)), *WHOLE[4:]],  # the size: it stands in the invitation
        [*WHOLE[:1], *WHOLE[2:3], ("sender", len(VER + FIL)), *WHOLE[4:]],
        [*WHOLE[:3], ("sender", FIL[:5]), ("sender", len(FIL) - 5), *WHOLE[4:]],
    ],
)
def test_lost_lines(steps: list[Step]) -> None:
    peers = Peers()
    peers.agree()
    peers.play(steps).end()
    assert peers.file()[0] == FILE
    assert outcome(peers) == "complete"


def test_the_port_alone_tells_where_one_file_alone_is_awaited() -> None:
    steps: list[Step] = [("sender", VER + FIL), ("sender", DATA)]
    for change in ({"cookie": "9", "transfer": "ftp-9"}, {"size": 9000}, {"size": None}):
        peers = Peers()
        peers.agree(**change)
        if "cookie" in change:
            peers.agree()
        assert peers.play(steps).end().told == []
        assert peers.line.counters["unknown_cookie"] == 1


def test_without_the_line_of_the_size_the_end_alone_is_told() -> None:
    for steps in (
        [*WHOLE[:3], ("sender", 8), ("receiver", TFR), ("sender", DATA), WHOLE[-1]],
        [*WHOLE[:3], ("sender", 11), ("receiver", TFR), ("sender", DATA), WHOLE[-1]],
        [*WHOLE[:3], ("receiver", TFR), ("sender", None), ("sender", DATA[5000:]), WHOLE[-1]],
    ):
        peers = Peers()
        peers.agree()
        peers.play(steps).end()
        assert peers.file()[1] == set()
        assert outcome(peers) == "complete"  # the receiver says that it has it


def test_without_the_line_of_the_size_blocks_prove_their_place() -> None:
    peers = Peers()
    peers.agree()
    peers.play([*WHOLE[:3], WHOLE[4], ("sender", len(FIL) + 3000), ("sender", DATA[3000:]), WHOLE[-1]])
    octets, seen = peers.file()
    assert seen == set(range(3000 - 6, 9001))
    assert octets[2994:] == FILE[2994:]
    ended = peers.ended()
    assert ended.file is not None
    assert (ended.file["size"], ended.file["outcome"]) == (9001, "complete")
    peers = Peers()
    peers.agree(size=9002)  # what is announced is not what comes
    peers.play([*WHOLE[:3], WHOLE[4], ("sender", len(FIL)), ("sender", DATA[:-1] + b"xx"), WHOLE[-1]]).end()
    assert peers.file()[1] <= set(range(9001))


def test_lines_inside_a_file_that_was_joined_late_are_not_believed() -> None:
    peers = Peers()
    peers.agree()
    inside = b"x\r\nFIL 20\r\n" + blocks_of(b"a" * 20) + b"\r\nBYE 16777989\r\n"
    peers.play([("sender", None), ("sender", inside)]).end()
    assert peers.told == []


def test_the_invitation_may_come_late() -> None:
    peers = Peers()
    peers.play([*WHOLE[:5], ("sender", DATA[:5000])])
    assert peers.told == []
    peers.agree()
    peers.play([("sender", DATA[5000:]), ("receiver", BYE)])
    assert peers.file()[0] == FILE
    assert outcome(peers) == "complete"


def test_what_waits_for_an_invitation_is_bounded() -> None:
    peers = Peers()
    peers.play([*WHOLE[:3], ("sender", b"FIL 999999999\r\n")])
    for _ in range(5000):
        peers.play([("sender", b"\0\xfd\x07" + bytes(2045))])
    assert sum(len(run.octets) for run in peers.line._held) <= MAX_HELD
    assert peers.line.counters["dropped"] > 5000
    assert peers.end().told == []
    assert peers.line._held == []


def test_without_an_invitation_nothing_is_told() -> None:
    peers = Peers()
    peers.agree(cookie="4712")
    peers.play(WHOLE).end()
    assert peers.told == []
    assert peers.line.counters["unknown_cookie"] == 1


def test_an_old_invitation_is_none() -> None:
    peers = Peers()
    peers.agree(time=NOW - 3600 * SECOND)
    assert peers.play(WHOLE).end().told == []


def test_behind_a_router_the_number_and_the_account_tell() -> None:
    peers = Peers(port=41_000)
    peers.agree()
    assert outcome(peers.play(WHOLE)) == "complete"
    peers = Peers(port=41_000)
    peers.agree(recipient="pat@c.example")
    assert peers.play(WHOLE).end().told == []


def test_a_test_whether_a_port_is_open_is_nothing() -> None:
    peers = Peers()
    peers.agree()
    peers.play([("receiver", b"AMSNPING"), ("sender", b"AMSNPING\r\n")]).end()
    assert peers.told == []
    assert not peers.line.counters
    assert not peers.line.concerned


def test_a_line_without_an_end_is_given_up() -> None:
    peers = Peers()
    peers.agree()
    for _ in range(1000):
        peers.play([("receiver", b"U" * 100)])
        assert len(peers.line._sides[True].line) <= MAX_LINE + 100
    assert peers.play(WHOLE[2:]).end().line._auth_cookie == ""


LINES = [
    VER,
    USR,
    FIL,
    TFR,
    BYE,
    b"CCL\r\n",
    b"USR x 4711\r\n",
    b"FIL 3\r\n",
    END,
    DATA[:2100],
    DATA[2100:],
    b"\xff" * 9,
]
STEP = st.tuples(
    st.sampled_from(["receiver", "sender"]),
    st.one_of(st.sampled_from(LINES), st.binary(max_size=30), st.integers(0, 5000), st.none()),
)


@given(st.lists(STEP, max_size=14), st.integers(1, 3000))
def test_anything_is_borne(steps: list[Step], cut: int) -> None:
    peers = Peers()
    peers.agree()
    peers.play(steps, cut).end()
    assert sum(isinstance(event, Sending) for event in peers.events) <= 1


@given(st.integers(0, len(DATA)), st.integers(0, 6000), st.integers(1, 4000))
def test_what_is_told_is_never_in_a_wrong_place(at: int, length: int, cut: int) -> None:
    peers = Peers()
    peers.agree()
    length = min(length, len(DATA) - at)
    data: list[Step] = [("sender", DATA[:at]), ("sender", length), ("sender", DATA[at + length :])]
    peers.play([*WHOLE[:5], *data, WHOLE[-1]], cut).end()
    octets, seen = peers.file()
    assert all(octets[at] == FILE[at] for at in seen)
    assert outcome(peers) == "complete"
