"""Handwriting: strokes and pictures."""

import json
import re
import struct
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256

import pytest

from msnp.events import Event, Sending, Undecoded
from msnp.ink import MAX_KEPT
from msnp.isf import MAX_ELEMENTS, MAX_OCTETS, MAX_POINTS, read_ink
from tests.msnp.dialogue import Said, Wire, events_of, mime, only, say
from tests.msnp.inks import (
    ACROSS,
    DOT,
    DOWN,
    LINE,
    POINTS,
    number,
    packed,
    prefix_coded,
    stream,
    stroke,
    tagged,
    uncompressed,
)
from tests.msnp.test_messages import KIM
from tests.msnp.test_switchboard import OPENED

ISF = "application/x-ms-ink"
GIF = b"GIF89a\x20\x00\x10\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00" + b"\x00" * 2000 + b";"


def inks(events: Sequence[Event]) -> list[Sending]:
    return [event for event in events if isinstance(event, Sending)]


def sent(body: str, kind: str = ISF) -> Sending:
    (event,) = inks(events_of([*OPENED, say(KIM, mime(body, kind))]))
    assert event.kind == "ink"
    json.dumps(dict(event.details))
    return event


def picture(event: Sending) -> bytes:
    told = event.details["picture"]
    assert isinstance(told, dict)
    octets = b64decode(told["base64"])
    assert (told["size"], told["sha256"]) == (len(octets), sha256(octets).hexdigest())
    return octets


# --- drawings ------------------------------------------------------------------------------------------------


def test_a_dot_is_a_dot() -> None:
    ink = read_ink(b64decode(DOT))
    assert ink.unread is None
    (stroke,) = ink.strokes
    assert (stroke.pen.color, stroke.pen.width) == ("000080", 100.0)
    assert [(round(x), round(y)) for x, y in stroke.points] == [(318, 317)]


def test_a_line_goes_from_left_to_right() -> None:
    ink = read_ink(b64decode(LINE))
    assert (ink.unread, len(ink.strokes), ink.points) == (None, 1, 26)
    assert ink.strokes[0].points == tuple((float(x), float(y)) for x, y in POINTS)


def test_strokes_are_told_as_a_drawing() -> None:
    event = sent(f"base64:{LINE}")
    svg = picture(event).decode()
    assert re.match(r'<svg xmlns="http://www.w3.org/2000/svg" width="76.00mm" height="1.20mm" viewBox="', svg)
    assert svg.count("<path") == 1
    assert 'd="M1800 900L2100 910L2400 920' in svg
    assert 'stroke="#000000" stroke-width="100"' in svg
    octets = b64decode(LINE)
    assert event.details["isf"] == {"size": len(octets), "sha256": sha256(octets).hexdigest()}
    assert (event.details["strokes"], event.details["points"]) == (1, 26)
    assert "unread" not in event.details
    assert (event.sender, event.content_type, event.text) == ("kim@b.example", ISF, None)


@pytest.mark.parametrize("body", [LINE, "BASE64:" + LINE, "base64:" + LINE[:70] + "\r\n " + LINE[70:] + "\r\n"])
def test_base64_as_it_may_stand(body: str) -> None:
    event = sent(body)
    assert event.details.get("points") == (26 if body != LINE else None)


@pytest.mark.parametrize("mark", ["base64:", ""])
def test_a_picture_in_one_part(mark: str) -> None:
    event = sent(mark + b64encode(GIF).decode(), "image/gif")
    assert picture(event) == GIF
    assert (event.details["width"], event.details["height"]) == (32, 16)
    assert "unread" not in event.details


# --- in parts -----------------------------------------------------------------------------------------------


def parts(body: str, kind: str, count: int = 3) -> list[Said]:
    length = -(-len(body) // count)
    said = [say(KIM, mime(body[:length], kind, Message_ID="{5-5}", Chunks=str(count)))]
    for index in range(1, count):
        piece = body[index * length : (index + 1) * length]
        said.append(say(KIM, mime(piece, None, Message_ID="{5-5}", Chunk=str(index))))
    return said


def test_a_picture_in_parts_is_one_picture() -> None:
    said = parts("base64:" + b64encode(GIF).decode(), "image/gif")
    (event,) = inks(events_of([*OPENED, *said]))
    assert picture(event) == GIF
    assert (event.details["parts"], event.identity, event.content_type) == (3, "{5-5}", "image/gif")
    assert "unread" not in event.details


def test_strokes_in_parts() -> None:
    (event,) = inks(events_of([*OPENED, *parts(f"base64:{LINE}", ISF, 2)]))
    assert event.details["points"] == 26


def test_a_picture_that_lost_a_part_says_so_and_keeps_its_beginning() -> None:
    first, _, last = parts("base64:" + b64encode(GIF).decode(), "image/gif")
    (event,) = inks(events_of([*OPENED, first, last]))
    assert GIF.startswith(picture(event))
    assert len(picture(event)) > 600
    assert (event.details["unread"], event.details["parts_missing"]) == ("octets are missing", 1)


def test_a_torn_drawing_says_so() -> None:
    payload = mime(f"base64:{LINE}", ISF)
    line = say(KIM, payload)[1].split(b"\r\n", 1)[0]
    wire = Wire().play(OPENED)
    wire.send(False, line + b"\r\n" + payload[:-40])
    wire.lose(False, 20)
    wire.send(False, payload[-20:])
    (event,) = inks(wire.end())
    assert (event.details["unread"], event.details["missing"]) == ("octets are missing", 20)
    assert "picture" not in event.details  # the only stroke is the one that is cut


def test_parts_of_another_kind_do_not_stop_texts() -> None:
    events = events_of([*OPENED, *parts("\0" * 30, "text/x-msmsgsinvite"), say(KIM, mime("你好"))])
    assert "Undecoded" in " ".join(type(event).__name__ for event in only(events, Undecoded))
    assert events[-2].fields()["text"] == "你好"  # type: ignore[union-attr]


# --- what cannot be read ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "it ends too soon"),
        (b"\x01\x00", "not version 0 of the format"),
        (b"\x00\x00", "no strokes"),
        (b"\x00\x05\x0a\x03\x01", "it ends too soon"),
        (b"\x00" + b"\xff" * 20, "a number is too long"),
        (b"\x00\x01\x28", "an unknown element (40)"),
        (b"\x00\x04\x0f\x02\x16\x00", "an unknown transform (22)"),
        (b"\x00\x04\x0a\x02\x01\xc0", "packed in an unknown way (0xc0)"),
        (b"\x00\x05\x0a\x03\x01\x82\xf8", "it ends too soon"),
        (b"\x00\x06\x0a\x04\x01\x88\x00\x00", "a prefix code of its own"),
        (b"\x00\x06\x0a\x04\x01\x87\xff\xff", "no such prefix"),
        (b"\x00\x08\x05\x01\x07\x0a\x03\x01\x05\x60", "strokes without a place"),
        (b"\x00\x07\x0a\x05\xff\xff\x7f\x05\x60", f"more than {MAX_POINTS} points"),
    ],
)
def test_what_stops_reading_is_said(octets: bytes, reason: str) -> None:
    event = sent("base64:" + b64encode(octets).decode())
    assert event.details["unread"] == reason
    assert event.details["isf"] == {"size": len(octets), "sha256": sha256(octets).hexdigest()}


def test_no_picture_is_said_to_be_none() -> None:
    event = sent("base64:" + b64encode(b"not a picture").decode(), "image/gif")
    assert event.details["unread"] == "no GIF"
    assert event.details["size"] == 13


def test_a_picture_too_large_to_keep_has_its_size_and_hash() -> None:
    large = GIF[:-1] + b"\0" * MAX_KEPT + b";"
    event = sent("base64:" + b64encode(large).decode(), "image/gif")
    assert event.details["picture"] == {
        "mime": "image/gif",
        "size": len(large),
        "sha256": sha256(large).hexdigest(),
    }


def test_no_octets_stop_the_reader() -> None:
    line = b64decode(LINE)
    for index in range(len(line)):
        for value in (0x00, 0x01, 0x7F, 0x80, 0xFF):
            read_ink(line[:index] + bytes([value]) + line[index + 1 :])
        read_ink(line[:index])


def test_a_number_that_is_none_is_no_place() -> None:
    matrix = b"\x10" + struct.pack("<6f", float("nan"), 0, 0, float("inf"), 0, 0)
    body = matrix + b"\x0a\x05\x01\x05\x60\x05\x60"
    ink = read_ink(b"\x00" + bytes([len(body)]) + body)
    assert (ink.unread, ink.strokes) == ("points too far away", [])


# --- the other ways to write an array --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arrays",
    [
        (prefix_coded(ACROSS), prefix_coded(DOWN)),
        (packed(ACROSS), packed(DOWN)),
        (packed(ACROSS, differences=True), packed(DOWN, differences=True)),
        (uncompressed(ACROSS), prefix_coded(DOWN)),
    ],
)
def test_arrays_in_every_form(arrays: tuple[bytes, bytes]) -> None:
    ink = read_ink(stream(stroke(*arrays)))
    assert ink.unread is None
    assert ink.strokes[0].points == tuple((float(x), float(y)) for x, y in zip(ACROSS, DOWN, strict=True))


def test_tables_of_pens_and_descriptors() -> None:
    pens = tagged(2, number(5) + b"\x44\xff\x01\x45\x1e" + number(4) + b"\x45\x28\x50\x7f")
    descriptors = tagged(4, number(0) + number(1) + b"\x38")
    pressure = packed([1] * len(ACROSS))
    first = b"\x09\x01\x0d\x01" + stroke(packed(ACROSS), packed(DOWN), pressure)
    second = b"\x09\x00\x0d\x00" + stroke(packed(DOWN), packed(ACROSS))
    ink = read_ink(stream(b"\x00\x02\x02\x02\x02", pens, descriptors, first, second))
    assert ink.unread is None
    one, two = ink.strokes
    assert (one.pen.width, one.pen.transparency, one.pen.color) == (40.0, 127, "000000")
    assert (two.pen.width, two.pen.color) == (30.0, "FF0000")
    assert two.points[0] == (-7.0, 100.0)


def test_what_was_read_before_an_unknown_element_is_kept() -> None:
    ink = read_ink(stream(stroke(packed(ACROSS), packed(DOWN)), b"\x28"))
    assert (ink.unread, ink.points) == ("an unknown element (40)", len(ACROSS))


@pytest.mark.parametrize(
    "element", [b"\x0a\x01\x00", b"\x03\x00", tagged(2, b"\0" * 9000), tagged(4, b"\0" * 9000)]
)
def test_elements_are_bounded(element: bytes) -> None:
    assert read_ink(stream(element * 9000)[:MAX_OCTETS]).unread == f"more than {MAX_ELEMENTS} elements"


def test_more_octets_than_are_read_are_left() -> None:
    assert read_ink(b"\0" * (MAX_OCTETS + 1)).unread == f"more than {MAX_OCTETS} octets"


def test_elements_of_programs_are_passed_over() -> None:
    ink = read_ink(stream(tagged(1, b"g" * 16), b"\x64\x03\x00abc", stroke(packed(ACROSS), packed(DOWN))))
    assert (ink.unread, ink.points) == (None, len(ACROSS))


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        (b"\x11" + struct.pack("<f", 2), (200.0, -14.0)),
        (b"\x12" + struct.pack("<2f", 2, 3), (200.0, -21.0)),
        (b"\x13" + number(9000), (7.0, 100.0)),
        (b"\x14" + struct.pack("<2f", 5, 6), (105.0, -1.0)),
        (b"\x15" + struct.pack("<4f", 2, 3, 5, 6), (205.0, -15.0)),
        (b"\x10" + struct.pack("<6f", 1, 0, 0, 1, 1, 1), (101.0, -6.0)),
    ],
)
def test_transforms(transform: bytes, expected: tuple[float, float]) -> None:
    alone = read_ink(stream(transform, stroke(packed(ACROSS), packed(DOWN))))
    tabled = read_ink(stream(tagged(15, transform), b"\x17\x00", stroke(packed(ACROSS), packed(DOWN))))
    for ink in (alone, tabled):
        assert ink.unread is None
        assert ink.strokes[0].points[0] == pytest.approx(expected)
