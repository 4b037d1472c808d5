"""Who keeps packets is told of a connection exactly while a target takes part in it."""

from rcds_sniffer import events as ev
from rcds_sniffer.events import Seen
from rcds_sniffer.orders import NamedTargets, Period
from rcds_sniffer.records.recorder import Recorder
from tests.rcds_sniffer.records.stage import ALICE, BOB, CAROL, MS, START, Line, Stage, covers


class Told:
    """What the follower was told, in order."""

    def __init__(self) -> None:
        self.log: list[tuple[str, str, bool | None]] = []

    def follow(self, client: str, server: str, *, whole: bool, seen: Seen) -> None:
        self.log.append(("follow", client, whole))

    def unfollow(self, client: str, server: str) -> None:
        self.log.append(("unfollow", client, None))


def staged(*targets: str, period: Period | None = None) -> tuple[Stage, Told]:
    warrant, told = NamedTargets(targets, period), Told()
    stage = Stage(warrant=warrant)
    stage.recorder = Recorder(warrant, stage.records.append, "nis-1", follower=told)
    return stage, told


def test_own_connection_is_followed_whole_to_its_end() -> None:
    stage, told = staged(ALICE)
    line = stage.line(ALICE, session="1")
    line.joins(BOB)
    line.says("hi")
    line.leaves(BOB)
    line.closes()
    assert told.log == [("follow", line.connection.client, True)]


def test_strangers_connection_is_never_followed() -> None:
    stage, told = staged(ALICE)
    line = stage.line(BOB, session="1", there=(CAROL,))
    line.says("psst")
    line.closes()
    assert told.log == []


def test_contacts_connection_is_followed_while_the_target_is_in_the_conversation() -> None:
    stage, told = staged(ALICE)
    line = stage.line(BOB, session="1", there=(CAROL,))
    line.says("before she comes")
    assert told.log == []
    line.joins(ALICE)
    line.says("hi Alice")
    line.leaves(ALICE)
    line.says("she is gone")
    client = line.connection.client
    assert told.log == [("follow", client, False), ("unfollow", client, None)]


def test_contacts_connection_is_let_go_when_the_target_leaves_on_its_own() -> None:
    """The server's word of it on the contact's connection may be lost, and what follows there is others'."""
    stage, told = staged(ALICE)
    own = stage.line(ALICE, session="1", there=(BOB,))
    contacts = stage.line(BOB, session="1", there=(ALICE, CAROL))
    own.put(ev.Left, account=None)
    assert told.log[-1] == ("unfollow", contacts.connection.client, None)


def road(stage: Stage, account: str) -> Line:
    """A connection between two peers, as told of it for the session of ``account`` that agreed on it."""
    line = stage.line()
    line.put(ev.AccountKnown, account=account, evidence="transfer")
    line.is_session("1")
    return line


def carries(line: Line, sender: str, recipient: str) -> None:
    line.put(ev.FileOctets, sender=sender, recipient=recipient, transfer="p2p-1", offset=0, octets=b"octets")


def test_road_of_others_is_not_followed_though_it_was_agreed_on_before_the_target() -> None:
    stage, told = staged(ALICE)
    stage.line(ALICE, session="1", there=(BOB, CAROL))
    for account in (ALICE, BOB):
        line = road(stage, account)
        carries(line, BOB, CAROL)
        line.put(ev.Typing, sender=BOB)
    assert len(told.log) == 1, "her own connection to the conversation"


def test_road_of_an_empty_file_is_followed_too() -> None:
    stage, told = staged(ALICE)
    stage.line(ALICE, session="1", there=(BOB,))
    line = road(stage, ALICE)
    whom = {"sender": BOB, "recipient": ALICE, "transfer": "ftp-1"}
    file = {"name": "empty", "size": 0, "sha1": None, "outcome": "complete"}
    line.put(ev.Sending, kind="file", identity="ftp-1 data", file=file, **whom)
    assert told.log[1:] == [("follow", line.connection.client, True)]


def test_road_of_the_targets_file_is_followed_from_its_first_packet() -> None:
    stage, told = staged(ALICE)
    own = stage.line(ALICE, session="1", there=(BOB, CAROL))
    line = road(stage, BOB)
    carries(line, BOB, ALICE)
    assert told.log[1:] == [("follow", line.connection.client, True)]
    own.leaves(None)
    own.closes()
    assert len(told.log) == 2, "it goes on"
    line.closes()
    assert told.log[2:] == []


def test_contacts_connection_is_let_go_when_it_ends() -> None:
    stage, told = staged(ALICE)
    line = stage.line(BOB, session="1", there=(ALICE,))
    line.closes()
    assert [word for word, _, _ in told.log] == ["follow", "unfollow"]


def test_connection_from_before_the_period_is_followed_from_its_beginning_on() -> None:
    stage, told = staged(ALICE, period=Period(START + 500 * MS, START + 900 * MS))
    line = stage.line(ALICE, session="1", there=(BOB,))
    line.says("too early", at=400)
    assert told.log == []
    line.says("now", at=600)
    line.says("too late", at=950)
    client = line.connection.client
    assert told.log == [("follow", client, False), ("unfollow", client, None)]


def test_target_that_is_withdrawn_is_followed_no_longer() -> None:
    stage, told = staged(ALICE)
    line = stage.line(ALICE, session="1", there=(BOB,))
    warrant = stage.recorder._warrant
    assert isinstance(warrant, NamedTargets)
    warrant.replace([CAROL], stage.now)
    line.put(ev.Typing, sender=BOB, content_type=None)
    assert [word for word, _, _ in told.log] == ["follow", "unfollow"]
    line.says("nobody's business")
    assert "nobody's business" not in [record.text for record in stage.end()]


def test_withdrawn_target_is_let_go_before_anything_more_is_heard() -> None:
    stage, told = staged(ALICE, BOB)
    own = stage.line(ALICE, session="1", there=(CAROL,))
    contacts = stage.line(CAROL, session="1", there=(ALICE,))
    other = stage.line(BOB, session="2", there=(CAROL,))
    warrant = stage.recorder._warrant
    assert isinstance(warrant, NamedTargets)
    warrant.replace([BOB], stage.now)
    del told.log[:]
    stage.recorder.review(stage.now)
    gone = [("unfollow", line.connection.client, None) for line in (own, contacts)]
    assert told.log == gone
    other.closes()
    assert told.log == gone, "the other target is still one"


def test_new_target_gets_nothing_from_before_it_was_named() -> None:
    stage, told = staged(CAROL)
    line = stage.line(BOB, session="1", unsure=True)
    line.says("before")  # whom it reached is not known yet
    warrant = stage.recorder._warrant
    assert isinstance(warrant, NamedTargets)
    stage.tick(None)
    warrant.replace([CAROL, ALICE], stage.now)
    line.hears(ALICE, "after")  # she was there all the time
    stage.end()
    assert [text for _, _, text in stage.messages(ALICE)] == ["after"]
    assert told.log[0] == ("follow", line.connection.client, False)


def test_new_target_stays_one_where_the_clock_is_set_back() -> None:
    warrant = NamedTargets([CAROL])
    warrant.replace([CAROL, ALICE], START)
    warrant.stepped(-3_600_000 * MS)
    assert covers(warrant, ALICE, START - 3_600_000 * MS)
    assert not covers(warrant, ALICE, START - 3_600_001 * MS)
    assert covers(warrant, CAROL, 0)
