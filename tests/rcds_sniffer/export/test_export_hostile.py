"""What a stranger may send, through every format: nothing reaches the reader's terminal but text."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcds_sniffer.export import FORMATS
from rcds_sniffer.export.safe_text import safe

from .export_crafting import BOB, export, make_record

HOSTILE = {
    "clear screen": ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
    "8-bit CSI": ("\x9b31m", r"\x9b31m"),
    "overwrite": ("innocent\rguilty", r"innocent\rguilty"),
    "backspace": ("no\b\byes", r"no\x08\x08yes"),
    "NUL": ("a\0b", r"a\x00b"),
    "bidi override": ("\u202egpj.exe", r"\u202egpj.exe"),
    "bidi isolate": ("\u2066x\u2069\u200f", r"\u2066x\u2069\u200f"),
    "line separator": ("a\u2028b\u2029c\x85d", r"a\u2028b\u2029c\x85d"),
    "markup": ("[bold red]x[/] [link=http://x]y[/link]", "[bold red]x[/] [link=http://x]y[/link]"),
    "emoji code": (":smiley: {sender} {0.x} %s", ":smiley: {sender} {0.x} %s"),
    "lone surrogate": ("a\ud83d", r"a\ud83d"),
}
DANGEROUS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ud800-\udfff]")


@pytest.mark.parametrize(("sent", "shown"), HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", ["chat", "table"])
@pytest.mark.parametrize("width", [None, 200])
def test_a_person_sees_it_escaped(name, width, sent, shown):
    record = make_record(
        sender=BOB,
        sender_name=sent,
        text=sent,
        recipients=(sent,),
        target=sent,
        conversation_id=sent,
        server=sent,
        protocol_version=sent,
        details={sent: sent},
    )
    out = export(name, [record], width=width)
    assert shown in out
    assert DANGEROUS.search(out) is None


@pytest.mark.parametrize("event", ["login", "presence", "action", "file", "undecoded", "\x1b[2J"])
@pytest.mark.parametrize("name", ["chat", "table"])
def test_so_it_is_in_every_kind_of_event(name, event):
    sent = "\x1b[31m\u202e\r"
    record = make_record(
        event=event,
        text=sent,
        details={"status": sent, "reason": sent},
        file={"name": sent, "path": sent, "size": 1},
    )
    assert DANGEROUS.search(export(name, [record], width=80)) is None


@pytest.mark.parametrize(("sent", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_a_spreadsheet_shows_it_escaped(sent, shown):
    out = export("csv", [make_record(text=sent, details={sent: sent})])
    assert f'"{shown}"' in out
    assert DANGEROUS.search(out.replace("\r\n", "")) is None


@pytest.mark.parametrize("name", FORMATS)
def test_a_megabyte_passes(name):
    out = export(name, [make_record(text="\x1b\0=[b]爱 " * 125_000, sender_name="x" * 1_000_000)], width=80)
    assert out


@given(text=st.text(st.characters(exclude_categories=()), max_size=80))
@pytest.mark.parametrize("name", FORMATS)
def test_any_text_passes_and_harms_no_terminal(name, text):
    out = export(name, [make_record(text=text, sender_name=text, recipients=(text,))], width=60)
    out.encode()
    if name != "jsonl":
        assert DANGEROUS.search(out.replace("\r\n", "\n")) is None


# --- the one function ---------------------------------------------------------------------------------------


def test_everyday_text_is_left_alone():
    for text in (
        "Grüße, Ångström",
        "你好",
        "こんにちは",
        "مرحبا، كيف حالك؟",
        "👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "می‌خواهم",
        r"¯\_(ツ)_/¯",
    ):
        assert safe(text) == text


def test_no_control_or_bidi_character_is_forgotten():
    for number in range(0x110000):
        char = chr(number)
        bidi = unicodedata.bidirectional(char) in {
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
            "B",
        }
        if bidi or unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}:
            assert safe(char) != char
            assert safe(char).isascii()


def test_line_breaks_are_kept_on_request():
    assert safe("a\r\nb\nc\rd", newlines="keep") == "a\nb\nc\\rd"
    assert safe("a\r\nb") == r"a\r\nb"


def test_what_is_cut_is_counted():
    assert safe("x" * 2_500, limit=10) == "xxxxxxxxxx… (+2,490 characters)"
    assert safe("x" * 10, limit=10) == "x" * 10
