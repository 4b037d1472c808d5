"""Files and pictures, as people read them, and in machines' forms."""

import csv
import io
import json

import pytest

from .export_crafting import ALICE, BOB, export, make_record

WHOLE = {
    "name": "map.png",
    "size": 48_213,
    "sha256": "ab" * 32,
    "mime": "image/png",
    "path": f"/srv/files/{'ab' * 32}",
    "complete": True,
    "sha1": None,
    "verified": None,
    "offer": "1" * 32,
    "answer": None,
}
PART = {**WHOLE, "complete": False, "ranges": [[0, 20_000], [30_000, 39_410]], "path": "/srv/files/cd.partial"}


def sent(event="file", file=WHOLE, **changed):
    return make_record(event=event, file=file, complete=file["complete"], **changed)


def line(record):
    return export("table", [record]).strip()


@pytest.mark.parametrize("form", ["table", "chat"])
def test_file_is_told_with_its_size_its_kind_and_where_it_is(form):
    shown = export(form, [sent()])
    assert f"sent the file map.png (48,213 octets, image/png) saved as /srv/files/{'ab' * 32}" in shown


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("picture", "shows the picture"),
        ("emoticon", "uses the emoticon"),
        ("wink", "sent a wink"),
        ("voice-clip", "sent a voice clip"),
    ],
)
def test_each_kind_has_its_words(event, words):
    assert f"{words} map.png (48,213 octets, image/png)" in line(sent(event))
    assert f"Alice <{ALICE}> {words}" in export("chat", [sent(event)])


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        ([[0, 20_000], [30_000, 39_410]], "[partial, 61 %]"),
        ([[0, 10]], "[partial, less than 1 %]"),
        ([], "[partial, 0 %]"),
        ([[0, 48_212]], "[partial, 99 %]"),
    ],
)
def test_part_of_a_file_says_how_much_there_is(ranges, words):
    assert words in line(sent(file={**PART, "ranges": ranges}))


def test_part_of_unknown_size_is_incomplete_once():
    shown = line(sent(file={**PART, "size": None}))
    assert shown.count("[incomplete]") == 1


def test_what_is_missing_and_why_is_told_beside_it():
    shown = line(sent(file=PART, missing_bytes=18_803, details={"outcome": "cancelled"}))
    assert "[partial, 61 %]" in shown
    assert "[18,803 octets missing]" in shown
    assert "[cancelled]" in shown


def test_file_that_the_disk_did_not_take_says_so():
    shown = line(sent(file={**WHOLE, "complete": False, "path": None, "not_kept": "disk full"}))
    assert "[incomplete] [not kept: disk full]" in shown


def test_content_that_is_not_what_was_announced_is_marked():
    assert "[not what was announced]" in line(sent(file={**WHOLE, "verified": False}))


HOSTILE = "\x1b[2J\u202egpj.exe\r\nfake line"


@pytest.mark.parametrize("form", ["table", "chat"])
def test_name_of_a_file_fools_no_terminal(form):
    shown = export(form, [sent(file={**WHOLE, "name": HOSTILE})])
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert not any(row.startswith("fake line") for row in shown.splitlines())


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", HOSTILE, '","=1'])
def test_name_of_a_file_is_no_formula(name):
    shown = export("csv", [sent(file={**WHOLE, "name": name}, sender=BOB)])
    (row,) = csv.DictReader(io.StringIO(shown, newline=""))
    assert row["file"].startswith("{")
    assert json.loads(row["file"])["name"] == name
    assert "\x1b" not in shown


def test_json_has_the_file_as_it_is():
    assert json.loads(export("jsonl", [sent(file=PART)]))["file"] == PART
