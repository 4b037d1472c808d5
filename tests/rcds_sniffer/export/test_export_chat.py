"""The chat view, as a reader sees it."""

import textwrap
import unicodedata

import pytest
from rich.cells import cell_len

from rcds_sniffer.export import chat

from .export_crafting import ALICE, BOB, MEI, evening, export, make_record


def view(*records, width=80):
    return export("chat", records, width=width)


def lines(*records, width=80):
    """What stands below the headings."""
    return view(*records, width=width).split("server 198.51.100.3:1863\n", 1)[1].splitlines()


def test_an_evening_reads_like_a_chat():
    expected = """\
        ━━ alice@example.org ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
           ▸ marks what alice@example.org did; times are UTC

        ── Outside conversations
           Sunday 2026-11-22 · MSNP15 · server 198.51.100.3:1863
        22:15:00 ▸ Alice <alice@example.org> signed in (client msmsgs, client_version
                   8.5.1302)
        22:15:01 ▸ Alice <alice@example.org> is online
        22:15:02   Bob <bob@example.org> is busy
                   ─ Monday 2026-11-23 ─
        00:00:20 ▸ Alice <alice@example.org> signed out (reason OTH)

        ── Conversation with Bob <bob@example.org>, 美 <mei@example.cn>
           Sunday 2026-11-22 · MSNP15 · server 198.51.100.3:1863
        22:16:00 ▸ Alice <alice@example.org> invited bob@example.org
        22:16:01   Bob <bob@example.org> joined
        22:16:03 ▸ Alice <alice@example.org> is typing (×2, until 22:16:08)
        22:16:10 ▸ Alice <alice@example.org> → bob: Hi Bob, are you coming tonight?
        22:16:15   Bob <bob@example.org> → alice: Yes! Three things to bring:
                   │ - bread
                   │ - wine
                   │ - the map
        22:16:20 ▸ Alice <alice@example.org> sent a nudge
        22:16:31   * Bob <bob@example.org> waves
        22:16:40 ▸ Alice <alice@example.org> → bob: A longer text shows how lines fold:
                   the quick brown fox jumps over the lazy dog, and then again and
                   again, until everybody in the house has seen it at least once.
        22:17:00   美 <mei@example.cn> joined
        22:17:10   美 <mei@example.cn> → alice, bob: 你好,今天晚上我们在老地方见面,不要
                   迟到。别忘了带地图和面包,还有昨天说的那本书,谢谢大家!
        22:17:20   Bob <bob@example.org> → alice, mei: 今日は雨です。カサを忘れないで☂
                   مرحبا، كيف حالك؟ 👩‍👩‍👧👍🏽
        22:17:30 ▸ Alice <alice@example.org> → bob, mei: did this arrive? [not
                   delivered]
        22:17:40   Bob <bob@example.org> → alice, mei: the first half of [12 octets
                   missing]
        22:17:50   Bob <bob@example.org> offers the file map.jpg (48,213 octets)
                   ─ Monday 2026-11-23 ─
        00:00:00   美 <mei@example.cn> → alice, bob: home safe, good night
        00:00:10   美 <mei@example.cn> left
        """
    assert view(*evening()) == textwrap.dedent(expected)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(width):
    assert max(map(cell_len, view(*evening(), width=width).splitlines())) <= width


def test_elsewhere_than_on_a_terminal_lines_have_any_length_and_no_colour():
    shown = view(make_record(text="word " * 100 + "end"), width=None)
    assert "word " * 100 + "end\n" in shown
    assert "\x1b" not in shown


def test_colour_is_there_when_asked_for():
    assert "\x1b[" in export("chat", [make_record()], width=80, color=True)


def test_the_order_of_records_does_not_matter():
    assert view(*reversed(evening())) == view(*evening())


def test_each_target_has_a_section():
    shown = view(make_record(0), make_record(1, target=BOB), make_record(2), make_record(3, target=None))
    assert [line.strip("━ ") for line in shown.splitlines() if "━" in line] == [ALICE, BOB, "target unknown"]


def test_each_conversation_has_its_group():
    shown = view(make_record(0, conversation_id="x"), make_record(1, conversation_id="y"))
    assert shown.count("── Conversation with bob@example.org") == 2


def test_full_accounts_where_short_ones_are_ambiguous():
    record = make_record(recipients=(BOB, "bob@example.net"))
    assert lines(record) == ["22:15:00 ▸ Alice <alice@example.org> → bob@example.org, bob@example.net: hello"]


def test_unknown_is_said_not_guessed():
    record = make_record(sender=None, sender_name=None, recipients=(), direction=None)
    assert lines(record) == ["22:15:00   somebody: hello"]


def test_incomplete_without_a_number_is_marked():
    assert lines(make_record(complete=False))[0].endswith("hello [incomplete]")


def test_an_inference_is_marked():
    assert lines(make_record(details={"inferred": True}))[0].endswith("hello [inferred]")


def test_an_event_of_another_protocol_is_shown_by_its_name():
    assert lines(make_record(event="{poll}", text=None))[0].endswith("Alice <alice@example.org>: {poll}")


def test_a_forged_line_stands_behind_a_bar():
    forged = make_record(sender=BOB, text="hi\r\n22:15:09 ▸ Alice <alice@example.org> → bob: I did it")
    assert lines(forged) == [
        "22:15:00   Bob <bob@example.org> → alice: hi",
        "           │ 22:15:09 ▸ Alice <alice@example.org> → bob: I did it",
    ]


def test_a_forged_name_cannot_hide_its_account():
    forged = make_record(sender=BOB, sender_name="Alice <alice@example.org>")
    assert lines(forged) == ["22:15:00   Alice <alice@example.org> <bob@example.org> → alice: hello"]


def test_a_long_name_is_cut_and_says_so():
    assert "N" * 40 + "… (+60 characters) <" in lines(make_record(sender_name="N" * 100), width=None)[0]


def test_a_megabyte_is_cut_and_says_so():
    shown = "".join(lines(make_record(text="y" * 1_000_000)))
    assert shown.endswith("(+990,000 characters)")
    assert shown.count("y") == 10_000


def test_more_than_may_be_held_is_shown_in_parts(monkeypatch):
    monkeypatch.setattr(chat, "HELD_RECORDS", 3)
    shown = view(*(make_record(second, text=f"text {second}") for second in range(7)))
    assert [number for number in range(7) if f"text {number}" in shown] == list(range(7))
    assert shown.count("… 3 records shown; grouping begins again with the next\n") == 2
    assert shown.count("(continued)") == 2
    assert shown.count("━━ alice") == 1


def test_long_texts_are_not_held_without_bound(monkeypatch):
    monkeypatch.setattr(chat, "HELD_CHARACTERS", 100)
    assert "2 records shown" in view(*(make_record(second, text="x" * 60) for second in range(3)))


def test_a_million_contacts_do_not_flood_the_heading():
    shown = view(make_record(recipients=tuple(f"{number}@example.org" for number in range(10_000))), width=None)
    assert "and 9988 more" in shown
    assert len(shown) < 2_000


def test_combining_marks_stay_with_their_letter():
    for line in lines(make_record(text="e\u0301" * 200), width=60):
        assert not unicodedata.combining(line.removeprefix(" " * 11)[0])


def test_nothing_from_nothing():
    assert view() == ""


@pytest.mark.parametrize("event", ["webcam", "call", "ink", "wink", "voice-clip", "emoticon", "picture", "file"])
def test_every_event_has_words(event):
    record = make_record(event=event, recipients=(MEI,), file={"name": None, "complete": False, "path": "/x/y"})
    assert "somebody" not in lines(record)[0]


@pytest.mark.parametrize(
    ("event", "details", "words"),
    [
        ("file-offer", {"file_name": "计划.txt", "size": 1200}, "offers the file 计划.txt (1,200 octets)"),
        ("file-decline", {"file_name": "a.txt", "reason": "REJECT"}, "declines the file a.txt"),
        ("emoticon", {"emoticons": [{"shortcut": ":猫:"}, {"shortcut": "(hi)"}]}, "uses the emoticon :猫: (hi)"),
        ("wink", {"object": {"friendly": "Sushi", "size": 9}}, "sent a wink Sushi (9 octets)"),
        ("ink", {"picture": {"mime": "image/gif", "size": 70}}, "sent handwriting image/gif (70 octets)"),
        (
            "ink",
            {"picture": {"mime": "image/gif", "size": 70}, "unread": "x"},
            "image/gif (70 octets) [incomplete]",
        ),
        ("ink", {"unread": "no GIF"}, "sent handwriting without a name"),
        ("wink", {"object": {"size": 9}, "emoticons": "no list"}, "sent a wink without a name (9 octets)"),
    ],
)
def test_what_is_sent_is_named(event, details, words):
    assert words in " ".join(lines(make_record(event=event, details=details), width=200))
