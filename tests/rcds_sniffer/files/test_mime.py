"""What kind of content it is, by its first octets: as MSN users sent them, and as nobody should."""

import io
import random
import struct
import time
import zipfile
import zlib

import filetype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcds_sniffer.files.mime import UNKNOWN, mime_type


def png() -> bytes:
    def chunk(kind: bytes, octets: bytes) -> bytes:
        return struct.pack(">I", len(octets)) + kind + octets + struct.pack(">I", zlib.crc32(kind + octets))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0\1\2\3"))
        + chunk(b"IEND", b"")
    )


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, bytes(20_000) if name == names[-1] else b"<a/>")
    return out.getvalue()


def wave() -> bytes:
    return (
        b"RIFF"
        + struct.pack("<I", 36)
        + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
        + b"data"
    )


CHINESE = "今天晚上我们在老地方见面,不要迟到。\n"
KINDS = {
    "png": (png(), "image/png"),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00", "image/jpeg"),
    "gif": (b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,", "image/gif"),
    "bmp": (b"BM" + struct.pack("<IHHIIiiHH", 70, 0, 0, 54, 40, 1, 1, 1, 24) + bytes(40), "image/bmp"),
    "zip": (archive("a.txt"), "application/zip"),
    "docx": (
        archive("[Content_Types].xml", "_rels/.rels", "word/document.xml"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "pdf": (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "application/pdf"),
    "pdf in letters alone": (b"%PDF-1.1\n1 0 obj\n<<>>\nendobj\n", "application/pdf"),
    "exe": (b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(100), "application/x-msdownload"),
    "mp3": (b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(10) + b"\xff\xfb\x90\x64", "audio/mpeg"),
    "mp3 without a tag": (b"\xff\xfb\x90\x64" + bytes(400), "audio/mpeg"),
    "wav": (wave(), "audio/x-wav"),
    "rtf": (b"{\\rtf1\\ansi hello}", "application/rtf"),
    "html": (b"<!DOCTYPE html>\n<html><head>", "text/html"),
    "html behind a comment": (b"\xef\xbb\xbf <!-- x --> <HTML>", "text/html"),
    "svg": (b"<?xml version='1.0'?>\n<!-- x -->\n<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
    "xml": (b"<?xml version='1.0'?><a/>", "text/xml"),
    "chinese": (CHINESE.encode(), "text/plain"),
    "chinese, cut in a character": ((CHINESE * 500).encode()[1:8193][2:], "text/plain"),
    "chinese in UTF-16": (CHINESE.encode("utf-16"), "text/plain"),
    "chinese in UTF-16, big end first": (b"\xfe\xff" + CHINESE.encode("utf-16-be"), "text/plain"),
    "chinese in GB 18030": (CHINESE.encode("gb18030"), "text/plain"),
    "text that begins like a picture": (b"BMW or MZ, which is it?", "text/plain"),
    "one letter": (b"x", "text/plain"),
    "random": (random.Random(1).randbytes(9000), UNKNOWN),
    "nothing": (b"", UNKNOWN),
}


@pytest.mark.parametrize("name", KINDS)
def test_kind_is_known_by_the_content(name):
    octets, kind = KINDS[name]
    assert mime_type(octets) == kind


@given(st.binary(max_size=300) | st.sampled_from([o[:60] for o, _ in KINDS.values()]).flatmap(
    lambda head: st.binary(max_size=60).map(lambda tail: head + tail)
))  # fmt: skip
def test_any_octets_have_a_kind(octets):
    assert "/" in mime_type(octets)


def test_table_that_trips_over_something_gives_no_kind(monkeypatch):
    def trip(octets):
        raise IndexError(octets)

    monkeypatch.setattr(filetype, "guess_mime", trip)
    assert mime_type(b"\x00\x01") == UNKNOWN


@pytest.mark.parametrize(
    "hostile",
    [b"<!-- -->" * 1024, b"<" * 8192, b" " * 8192, b"<?xml " * 1300, b"<!--" * 2000, b"<!DOCTYPE svg" * 600],
)
def test_text_made_to_be_read_for_ever_is_read_at_once(hostile):
    begun = time.perf_counter()
    assert mime_type(hostile).startswith("text/")
    assert time.perf_counter() - begun < 0.5
