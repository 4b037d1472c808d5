"""Is anything about somebody on the disk? Takes a folder and strings; gives the places where one of them stands.

To be believed, a search that finds nothing must find what it is shown: so it looks at names of files and what links
say, too, and at octets in every form in which a program may have put them there. What is text is compared without
case. What is encoded is decoded wherever it could be, and what comes of that is searched the same way, and decoded
again: base64 in a gzip in base64. To look for the encoded string instead would miss ``Alice`` for ``alice``.

What it cannot find: what is sealed, packed by other means than zlib, or torn apart (a long value in SQLite's
pages).
"""

import base64
import os
import quopri
import re
import stat
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes

DEPTH: Final = 3
"""Encodings in each other that are undone."""

MOST: Final = 1 << 30
"""Octets of one file, and of what comes out of one stream; of more, it is said that it was not searched."""

LEAST: Final = 4
"""Octets of the shortest string; a shorter one stands everywhere by chance."""

AROUND: Final = 2048
"""Octets on each side of an escape that are decoded with it: the longest string, escaped."""

Decoder = Callable[[bytes], Iterator[bytes]]


class Unsearched(Exception):  # noqa: N818 - it says what is so
    """Something is too large to be searched, so that nothing can be said of it."""


def traces(folder: Path, strings: Iterable[str], extra: Iterable[Path] = ()) -> list[str]:
    """Where any of ``strings`` stands in ``folder``, at any depth, in names or contents, or in the ``extra`` files.

    Lines such as ``records.sqlite: 'alice@example.org' in base64, in utf-8``, sorted; one for each file and string,
    with the least encoded form. Links are not followed.

    Raises:
        Unsearched: a file, or what is packed in it, is larger than :data:`MOST`.
        OSError: something cannot be read.
        ValueError: a string is too short to be told from chance.
    """
    wanted = list(dict.fromkeys(strings))
    for string in wanted:
        if len(string.encode()) < LEAST:
            raise ValueError(f"{string!r} is too short to be looked for")
    if not wanted:
        raise ValueError("nothing to look for")
    found: list[str] = []
    for path in [*_below(folder), *extra]:
        name = str(path.relative_to(folder) if path.is_relative_to(folder) else path)
        for octets, what in ((os.fsencode(name), f"{name} (its name)"), (_contents(path), name)):
            forms: dict[str, str] = {}
            for string, form in found_in(octets, wanted):
                forms[string] = min(forms.get(string, form), form, key=lambda said: said.count(", in "))
            found += [f"{what}: {string!r} in {form}" for string, form in forms.items()]
    return sorted(found)


def found_in(octets: bytes, strings: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Which of ``strings`` stand there, and how: the outermost encoding first."""
    yield from _search(octets, list(strings), "", tuple(DECODERS), DEPTH)


def _below(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise error

    for place, folders, files in os.walk(folder, onerror=refuse):
        yield from (Path(place, name) for name in folders + files)


def _contents(path: Path) -> bytes:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return os.fsencode(os.readlink(path))
    if not stat.S_ISREG(mode):
        return b""
    with path.open("rb") as file:  # of /proc the size is not known before
        octets = file.read(MOST + 1)
    if len(octets) > MOST:
        raise Unsearched(f"{path} has more than {MOST} octets")
    return octets


def _search(
    octets: bytes, strings: list[str], way: str, names: tuple[str, ...], depth: int
) -> Iterator[tuple[str, str]]:
    """``names`` of the decoders that are tried on it, ``depth`` in each other."""
    for string, charset in _plain(octets, strings):
        yield string, way + charset
    for place, name in enumerate(names if depth else ()):
        inner = names[place + 1 :] if name in ESCAPES else tuple(DECODERS)
        for decoded in DECODERS[name](octets):
            yield from _search(decoded, strings, f"{way}{name}, in ", inner, depth - 1)


# --- text -------------------------------------------------------------------------------------------------------

WIDE: Final = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}
"""With the octets of a character."""

_UTF_32: Final = {
    "utf-32-le": re.compile(rb"(?:..[\x00-\x10]\x00){2,}+", re.DOTALL),
    "utf-32-be": re.compile(rb"(?:\x00[\x00-\x10]..){2,}+", re.DOTALL),
}
"""Where it could be: of what it is not, each character would be an error."""

OLD: Final = ("latin-1", "cp1251", "gb18030", "big5", "shift_jis", "euc_kr")
"""Of old clients; Latin-1 also as Python has it in its memory. Where a string is not ASCII."""


def _plain(octets: bytes, strings: list[str]) -> Iterator[tuple[str, str]]:
    lower = octets.lower()
    texts: list[tuple[str, str]] | None = None
    for string in strings:
        if string.isascii():
            for charset in ("utf-8", *WIDE):
                if string.encode(charset).lower() in lower:
                    yield string, charset
            continue
        if texts is None:
            texts = list(_texts(octets))
        forms = {unicodedata.normalize(form, string).casefold() for form in ("NFC", "NFD")}
        yield from ((string, charset) for charset, text in texts if any(form in text for form in forms))
        for charset in OLD:
            try:
                variants = {
                    said.encode(charset) for said in (string, string.lower(), string.upper(), string.title())
                }
            except UnicodeEncodeError:
                continue
            if any(len(variant) >= LEAST and variant.lower() in lower for variant in variants):
                yield string, charset


def _texts(octets: bytes) -> Iterator[tuple[str, str]]:
    """As text, folded, in every charset and from every place in which a character may begin."""
    yield "utf-8", octets.decode("utf-8", "ignore").casefold()
    for charset, width in WIDE.items():
        parts = _surroundings(octets, _UTF_32[charset], 8) if charset in _UTF_32 else [octets]
        for begin in range(width):
            text = "\n".join(_decoded(part[begin:], charset, width) for part in parts)
            yield charset, text.casefold()


def _decoded(octets: bytes, charset: str, width: int) -> str:
    return octets[: len(octets) // width * width].decode(charset, "surrogatepass" if width == 2 else "replace")


# --- decoders: from octets to all that they may stand for -------------------------------------------------------

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{5,}+(?:(?:\r?\n|\\r\\n|\\n)[ \t]*+[A-Za-z0-9+/_-]++)*+")
_BREAKS = re.compile(rb"\\r\\n|\\n|\s")
_HEX = re.compile(rb"(?:(?:\\x|0x)?[0-9a-f]{2}[\s:,-]{0,2}+){4,}+[0-9a-f]?", re.I)
_NOT_HEX = re.compile(rb"\\x|0x|[^0-9a-f]", re.I)
_ESCAPED = re.compile(rb"(?:\\u[0-9a-f]{4})++", re.I)
_UTF_7 = re.compile(rb"\+([A-Za-z0-9+/]{2,}+)-?")
_PACKED = re.compile(rb"(?=\x1f\x8b\x08|[\x08\x18\x28\x38\x48\x58\x68\x78][\x00-\xff])", re.DOTALL)


def _base64(octets: bytes) -> Iterator[bytes]:
    parts = []
    for match in _BASE64.finditer(octets):
        run = _BREAKS.sub(b"", match[0]).replace(b"-", b"+").replace(b"_", b"/")
        for begin in range(4):  # what stands ahead of it may look like it
            rest = run[begin:]
            parts.append(base64.b64decode(rest + b"A" * (-len(rest) % 4)))
    yield from _joined(parts)


def _hexadecimal(octets: bytes) -> Iterator[bytes]:
    parts = []
    for match in _HEX.finditer(octets):
        digits = _NOT_HEX.sub(b"", match[0])
        for begin in range(2):
            parts.append(bytes.fromhex(digits[begin : begin + (len(digits) - begin) // 2 * 2].decode()))
    yield from _joined(parts)


def _joined(parts: list[bytes]) -> Iterator[bytes]:
    if parts:
        yield b"\0\0\0\0".join(parts)


def _surroundings(octets: bytes, pattern: re.Pattern[bytes], margin: int) -> list[bytes]:
    """What ``pattern`` matches, with so many octets before and behind; what touches is one."""
    spans: list[list[int]] = []
    for match in pattern.finditer(octets):
        begin, end = max(0, match.start() - margin), match.end() + margin
        if spans and begin <= spans[-1][1]:
            spans[-1][1] = end
        else:
            spans.append([begin, end])
    return [octets[begin:end] for begin, end in spans]


def _near(pattern: str, decode: Callable[[bytes], bytes]) -> Decoder:
    """Decodes the surroundings of what ``pattern`` matches."""
    compiled = re.compile(pattern.encode(), re.I)

    def decoder(octets: bytes) -> Iterator[bytes]:
        yield from _joined([decode(part) for part in _surroundings(octets, compiled, AROUND)])

    return decoder


def _utf_7(octets: bytes) -> bytes:
    def clear(match: re.Match[bytes]) -> bytes:
        run = match[1]
        pairs = base64.b64decode(run + b"A" * (-len(run) % 4))
        return pairs[: len(run) * 6 // 16 * 2].decode("utf-16-be", "replace").encode()

    return _UTF_7.sub(clear, octets)


def _escaped(octets: bytes) -> bytes:
    def clear(match: re.Match[bytes]) -> bytes:
        return bytes.fromhex(match[0].lower().replace(b"\\u", b"").decode()).decode("utf-16-be", "replace").encode()

    return _ESCAPED.sub(clear, octets)


def _unpacked(octets: bytes) -> Iterator[bytes]:
    parts = []
    for match in _PACKED.finditer(octets):
        begin = match.start()
        gzip = octets[begin] == 0x1F
        if gzip or int.from_bytes(octets[begin : begin + 2], "big") % 31 == 0:
            parts.append(_inflated(octets, begin, 31 if gzip else 15))
    yield from _joined([part for part in parts if len(part) >= LEAST])


def _inflated(octets: bytes, begin: int, form: int) -> bytes:
    """What comes out of a stream that may begin there, up to where it ends or is none."""
    stream, out, size = zlib.decompressobj(form), bytearray(), 64
    try:
        while begin < len(octets) and not stream.eof:
            out += stream.decompress(octets[begin : begin + size], MOST + 1 - len(out))
            if len(out) > MOST:
                raise Unsearched(f"a stream of zlib has more than {MOST} octets")
            begin += size
            size = min(2 * size, 4096)
    except zlib.error:
        pass
    return bytes(out)


ESCAPES: Final[dict[str, Decoder]] = {
    "quoted-printable": _near("=(?:[0-9a-f]{2}|\r?\n)", quopri.decodestring),
    "percent encoding": _near("%[0-9a-f]{2}", unquote_to_bytes),
    "escapes": _near(r"\\u[0-9a-f]{4}", _escaped),
    "utf-7": _near(r"\+[A-Za-z0-9+/]{2}", _utf_7),
}
"""What stands between plain text; each may have those below it in it, not those above: else the same text would be
decoded in every order. The others, ahead of them and in between, may be in any."""

DECODERS: Final[dict[str, Decoder]] = {**ESCAPES, "base64": _base64, "hex": _hexadecimal, "zlib": _unpacked}
