"""Handwriting: the picture that was drawn (reference 5.3).

From MSNP11 on, in every version alike: ``application/x-ms-ink`` holds strokes (Ink Serialized Format), and
``image/gif`` a picture, mostly in several parts; each in base64 behind the word ``base64:``. Strokes are told as a
drawing (SVG).
"""

import re
from base64 import b64encode
from binascii import Error, a2b_base64
from hashlib import sha256

from msnp.bodies import Body
from msnp.isf import Ink, Stroke, read_ink
from msnp.state import State
from msnp.utterances import Origin, sending

MAX_KEPT = 64 * 1024
"""Octets of a picture that stand in the details in full; of a larger one its size and hash do."""

_MARK = re.compile(rb"\s*(?:base64:|(?=R0lGOD))", re.IGNORECASE)
"""In front of base64; a GIF's own beginning in base64 shows it too."""
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def tell_ink(state: State, origin: Origin, body: Body) -> None:
    """A message of handwriting."""
    octets = _decoded(body.content.opening())
    details = _strokes(octets) if body.content.headers.type == "application/x-ms-ink" else _gif(octets)
    details |= body.losses()
    if not body.whole:
        details["unread"] = "octets are missing"
    if body.parts > 1:
        details["parts"] = body.parts
    state.emit(sending(origin, body.content, "ink", details, None, body.identity))


def _decoded(octets: bytes) -> bytes:
    """Base64, as far as it goes: line ends and what else is none of its letters count for nothing."""
    mark = _MARK.match(octets)
    if mark is None:
        return octets
    letters = _NO_BASE64.sub(b"", octets[mark.end() :].split(b"=", 1)[0])
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    try:
        return a2b_base64(letters + b"=" * (-len(letters) % 4))
    except Error:
        return b""


def _gif(octets: bytes) -> dict[str, object]:
    if octets[:6] not in {b"GIF87a", b"GIF89a"}:
        return {"unread": "no GIF", "size": len(octets), "sha256": sha256(octets).hexdigest()}
    details: dict[str, object] = {"picture": _picture("image/gif", octets)}
    if len(octets) >= 10:
        details["width"] = int.from_bytes(octets[6:8], "little")
        details["height"] = int.from_bytes(octets[8:10], "little")
    if not octets.endswith(b";"):
        details["unread"] = "it ends too soon"
    return details


def _strokes(octets: bytes) -> dict[str, object]:
    ink = read_ink(octets)
    details: dict[str, object] = {"isf": {"size": len(octets), "sha256": sha256(octets).hexdigest()}}
    if ink.strokes:
        details["picture"] = _picture("image/svg+xml", drawing(ink))
        details["strokes"] = len(ink.strokes)
        details["points"] = ink.points
    if ink.unread is not None:
        details["unread"] = ink.unread
    elif not ink.strokes:
        details["unread"] = "no strokes"
    return details


def _picture(mime: str, octets: bytes) -> dict[str, object]:
    picture: dict[str, object] = {"mime": mime, "size": len(octets), "sha256": sha256(octets).hexdigest()}
    if len(octets) <= MAX_KEPT:
        picture["base64"] = b64encode(octets).decode("ascii")
    return picture


def drawing(ink: Ink) -> bytes:
    """The strokes as SVG; a unit is a hundredth of a millimetre."""
    points = [point for stroke in ink.strokes for point in stroke.points]
    edge = max(stroke.pen.width for stroke in ink.strokes) / 2
    left, top = min(x for x, _ in points) - edge, min(y for _, y in points) - edge
    width, height = max(x for x, _ in points) + edge - left, max(y for _, y in points) + edge - top
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width / 100:.2f}mm" height="{height / 100:.2f}mm" '
        f'viewBox="{left:.0f} {top:.0f} {width:.0f} {height:.0f}">',
        *(_line(stroke) for stroke in ink.strokes),
        "</svg>",
    ]
    return "\n".join(lines).encode()


def _line(stroke: Stroke) -> str:
    pen = stroke.pen
    (x, y), *others = stroke.points
    path = f"M{x:.0f} {y:.0f}" + "".join(f"L{x:.0f} {y:.0f}" for x, y in others or [(x, y)])
    opacity = f' stroke-opacity="{1 - pen.transparency / 255:.2f}"' if pen.transparency else ""
    return (
        f'<path d="{path}" fill="none" stroke="#{pen.color}" stroke-width="{pen.width:.0f}"{opacity} '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )
