"""The search that proves what is not there: it finds everything that it is shown, in every form."""

import base64
import gzip
import json
import os
import quopri
import random
import re
import sqlite3
import subprocess
import sys
import textwrap
import unicodedata
import urllib.parse
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import searching
from tests.searching import Unsearched, found_in, traces

STRINGS = ("alice@example.org", "é今天 mixed", "Большой секрет", "今天晚上见面", "é à la crème", "🦊🦊 secret")


def percent(octets: bytes) -> bytes:
    return b"".join(b"%%%02x" % octet for octet in octets)


def utf_7(octets: bytes) -> bytes:
    """Every character encoded, also those that need not be."""
    encoded = base64.b64encode(octets.decode().encode("utf-16-be")).rstrip(b"=")
    return b"+" + encoded + b"-"


FORMS = {
    "utf-8": lambda s: s.encode(),
    "utf-16-le": lambda s: s.encode("utf-16-le"),
    "utf-16-be": lambda s: s.encode("utf-16-be"),
    "utf-32-le": lambda s: s.encode("utf-32-le"),
    "utf-32-be": lambda s: s.encode("utf-32-be"),
    "utf-7": lambda s: s.encode("utf-7"),
    "utf-7 all of it": lambda s: utf_7(s.encode()),
    "hex": lambda s: s.encode().hex().encode(),
    "hex in capitals": lambda s: s.encode().hex().upper().encode(),
    "hex with colons": lambda s: s.encode().hex(":").encode(),
    "hex of a dump": lambda s: s.encode().hex(" ", 2).encode(),
    "hex of UTF-16": lambda s: s.encode("utf-16-le").hex().encode(),
    "escapes of octets": lambda s: "".join(f"\\x{o:02x}" for o in s.encode()).encode(),
    "base64": lambda s: base64.b64encode(s.encode()),
    "base64 for URLs": lambda s: base64.urlsafe_b64encode(s.encode()).rstrip(b"="),
    "base64 of UTF-16": lambda s: base64.b64encode(s.encode("utf-16-le")),
    "base64 in short lines": lambda s: "\r\n".join(
        textwrap.wrap(base64.b64encode(s.encode()).decode(), 9)
    ).encode(),
    "quoted-printable": lambda s: quopri.encodestring(s.encode()),
    "quoted-printable, broken": lambda s: b"=\r\n".join(b"=%02X" % octet for octet in s.encode()),
    "percent encoding": lambda s: urllib.parse.quote(s).encode(),
    "percent encoding of all": lambda s: percent(s.encode()),
    "JSON": lambda s: json.dumps(s).encode(),
    "zlib": lambda s: zlib.compress(s.encode()),
    "zlib, little": lambda s: zlib.compress(s.encode(), 1, 9),
    "gzip": lambda s: gzip.compress(s.encode()),
    "base64 of gzip": lambda s: base64.b64encode(gzip.compress(s.encode())),
    "gzip of base64": lambda s: gzip.compress(base64.b64encode(s.encode())),
    "percent of base64": lambda s: urllib.parse.quote(base64.b64encode(s.encode())).encode(),
    "JSON in zlib in hex": lambda s: zlib.compress(json.dumps(s).encode()).hex().encode(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("string", STRINGS)
def test_string_is_found_in_every_form(form, string):
    for said in (string, string.upper(), string.swapcase()):
        for before in ("", "Dear ", "xy", "xyz: "):
            octets = b"\0\xff " + FORMS[form](before + said + " and more") + b"\xff\0"
            assert string in [found for found, _ in found_in(octets, STRINGS)], (said, before)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("string", STRINGS)
def test_other_strings_are_not(form, string):
    octets = b"\0\xff " + FORMS[form](f"Dear {string} and more") + b"\xff\0"
    assert {found for found, _ in found_in(octets, STRINGS)} == {string}


@pytest.mark.parametrize("form", ["utf-8", "hex", "base64", "utf-16-le", "gzip"])
@given(st.binary(max_size=50), st.binary(max_size=50), st.integers(0, 8))
@settings(max_examples=60, deadline=None)
def test_string_is_found_wherever_it_stands(form, before, after, shift):
    octets = before + bytes(shift) + FORMS[form]("alice@example.org") + b"\0" + after
    assert "alice@example.org" in {found for found, _ in found_in(octets, ["alice@example.org"])}


@given(st.integers(0, 2**32))
@settings(max_examples=10, deadline=None)
def test_random_octets_have_nothing_and_are_searched_soon(seed):
    assert list(found_in(random.Random(seed).randbytes(200_000), STRINGS)) == []


@given(st.binary(max_size=400) | st.text(alphabet="=%+\\uxAf09-/\n: {}", max_size=400).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_any_octets_can_be_searched(octets):
    list(found_in(octets, STRINGS))


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_are_found_composed_or_not(form):
    octets = unicodedata.normalize(form, "É À LA CRÈME").encode()
    assert [found for found, _ in found_in(octets, STRINGS)] == ["é à la crème"]


@pytest.mark.parametrize(
    ("charset", "string"), [("gb18030", STRINGS[3]), ("cp1251", STRINGS[2]), ("latin-1", STRINGS[4])]
)
def test_string_is_found_in_charsets_of_old_clients(charset, string):
    octets = b"Dear \xff" + string.encode(charset)
    assert (string, charset) in list(found_in(octets, STRINGS))


def test_stream_that_was_cut_is_searched_as_far_as_it_goes():
    whole = gzip.compress(b"alice@example.org " + random.Random(1).randbytes(5000))
    assert list(found_in(whole[:3000], ["alice@example.org"]))


# --- folders ----------------------------------------------------------------------------------------------------


def test_every_file_below_is_searched_and_named(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "deep").write_bytes(b"for ALICE@example.org")
    (tmp_path / "a" / ".hidden").write_bytes(b"nothing")
    (tmp_path / "packed").write_bytes(gzip.compress(b"alice@example.org"))
    assert traces(tmp_path, STRINGS) == [
        "a/b/deep: 'alice@example.org' in utf-8",
        "packed: 'alice@example.org' in zlib, in utf-8",
    ]


def test_names_and_links_tell_too(tmp_path):
    (tmp_path / "Alice@Example.org").mkdir()
    (tmp_path / "Alice@Example.org" / "x").write_bytes(b"")
    (tmp_path / base64.urlsafe_b64encode(STRINGS[3].encode()).decode()).write_bytes(b"")
    (tmp_path / "link").symlink_to("/home/alice@example.org")
    found = traces(tmp_path, STRINGS)
    assert [line.split(":")[0] for line in found] == [
        "5LuK5aSp5pma5LiK6KeB6Z2i (its name)",
        "Alice@Example.org (its name)",
        "Alice@Example.org/x (its name)",
        "link",
    ]


def test_links_and_pipes_are_not_followed(tmp_path):
    (tmp_path / "outside").write_bytes(b"alice@example.org")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link").symlink_to("../outside")
    (inside / "up").symlink_to("..")
    os.mkfifo(inside / "pipe")
    assert traces(inside, STRINGS) == []
    assert traces(inside, STRINGS, [tmp_path / "outside"]) == [f"{tmp_path}/outside: 'alice@example.org' in utf-8"]


def test_environment_and_command_line_of_a_process_are_searched(tmp_path):
    command = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()", "alice@example.org"]
    environment = os.environ | {"TARGET": "今天晚上见面"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        process.stdout.readline()
        proc = Path("/proc", str(process.pid))
        found = traces(tmp_path, STRINGS, [proc / "environ", proc / "cmdline"])
        process.stdin.close()
    assert [re.sub(r"\d+", "PID", line) for line in found] == [
        "/proc/PID/cmdline: 'alice@example.org' in utf-PID",
        "/proc/PID/environ: '今天晚上见面' in utf-PID",
    ]


def test_what_a_database_deleted_is_found_while_it_is_there(tmp_path):
    base = sqlite3.connect(tmp_path / "base.sqlite", isolation_level=None)
    base.execute("PRAGMA secure_delete = OFF")
    base.execute("CREATE TABLE t (said)")
    for string in STRINGS:
        base.execute("INSERT INTO t VALUES (?)", [string])
    base.execute("DELETE FROM t")
    base.close()
    assert len(traces(tmp_path, STRINGS)) == len(STRINGS)


def test_what_is_too_large_is_never_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(searching, "MOST", 10_000)
    (tmp_path / "file").write_bytes(zlib.compress(bytes(20_000)))
    with pytest.raises(Unsearched, match="zlib"):
        traces(tmp_path, STRINGS)
    (tmp_path / "file").write_bytes(bytes(10_001))
    with pytest.raises(Unsearched, match="file"):
        traces(tmp_path, STRINGS)


def test_strings_that_stand_everywhere_are_refused(tmp_path):
    for strings in (["abc"], [""], []):
        with pytest.raises(ValueError, match="look"):
            traces(tmp_path, strings)
    (tmp_path / "x").write_bytes("张伟".encode())
    assert traces(tmp_path, ["张伟"]) == ["x: '张伟' in utf-8"]


def test_folder_that_is_not_there_is_no_proof(tmp_path):
    with pytest.raises(FileNotFoundError):
        traces(tmp_path / "misspelt", STRINGS)
