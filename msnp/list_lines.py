# cython: annotation_typing=False
"""How a contact stands on a line of the list, in each version (reference 4.3).

MSNP2-6: ``LST tr FL serial i n account name``; 7 with groups behind it. 8-9: ``LST account name bits [groups]``.
10-11: ``LST N=account F=name C=guid bits [guids]``, or with groups' numbers while a list was not migrated. 12: with
a network between the bits and the groups.
"""

from typing import NamedTuple

from msnp.accounts import normalise
from msnp.contact_list import FL, LISTS, groups_in, number_of
from msnp.frames import Frame, MalformedError
from msnp.handlers_login import account_of
from msnp.text import decode_name, decode_word

_MOST_BITS = 2**31


def words_of(line: Frame, start: int) -> list[bytes]:
    """The tokens from ``start`` on, without empty ones at the end (a revival server writes those)."""
    words = line.tokens[start:]
    while words and not words[-1]:
        words.pop()
    return words


def list_of(token: bytes) -> int:
    """The bit of ``FL``, ``AL`` …"""
    bit = LISTS.get(decode_word(token))
    if bit is None:
        raise MalformedError("unknown list")
    return bit


class Listed(NamedTuple):
    """A line of the list, whichever its form."""

    account: str
    bits: int
    single: bool
    """It tells of one list only."""
    name: str | None
    contact_id: str | None = None
    network: int | None = None
    groups: list[str] | None = None


def read_listed(line: Frame, version: int | None) -> Listed | None:
    """The contact of a LST; None: the list is empty."""
    words = words_of(line, 1)
    if not words:
        raise MalformedError("no account")
    if words[0][1:2] == b"=":
        return _read_fields(words, version)
    if normalise(words[0]) is not None:
        return _read_bits(account_of(words[0]), line)
    return _read_single(line)


def _read_single(line: Frame) -> Listed | None:
    """MSNP2-7; None: the list is empty."""
    line.number(1)
    bit = list_of(line.word(2))
    words = words_of(line, 6)
    if not words:
        line.number(5)
        return None
    groups = groups_in(words[2]) if bit == FL and len(words) > 2 else None
    return Listed(account_of(words[0]), bit, True, decode_name(words[1]) if len(words) > 1 else None, groups=groups)


def _read_bits(account: str, line: Frame) -> Listed:
    """MSNP8-9."""
    bits = _bits(line.word(3))
    groups = words_of(line, 4)
    return Listed(
        account,
        bits,
        False,
        decode_name(line.tokens[2]),
        groups=groups_in(groups[0]) if groups and bits & FL else None,
    )


def _bits(token: bytes) -> int:
    if not token.isdigit() or len(token) > 10 or int(token) >= _MOST_BITS:
        raise MalformedError("no list bits")
    return int(token)


def _read_fields(words: list[bytes], version: int | None) -> Listed:
    """MSNP10-12. The version may be unknown, and a list may not have moved to guids yet."""
    fields, rest = fields_of(words)
    account, name, contact_id = whom(fields)
    if account is None or not rest:
        raise MalformedError("no account" if account is None else "no list bits")
    bits = _bits(rest[0])
    more = rest[1:]
    network = groups = None
    if more and more[0].isdigit() and _is_network(more, bits, contact_id, version):
        network = int(more[0][:3])
        more = more[1:]
    elif more and more[0].isdigit() and version is None:
        return Listed(account, bits, False, name, contact_id)  # a network or a group, nobody knows
    if bits & FL:
        groups = groups_in(more[0]) if more else []
    return Listed(account, bits, False, name, contact_id, network, groups)


def _is_network(more: list[bytes], bits: int, contact_id: str | None, version: int | None) -> bool:
    """Whether the number behind the bits is the network of MSNP12, not a group that was never migrated."""
    if version is not None:
        return version >= 12
    return len(more) > 1 or contact_id is not None or not bits & FL


def fields_of(words: list[bytes]) -> tuple[dict[bytes, bytes], list[bytes]]:
    """``N= F= C=`` and what follows them."""
    fields: dict[bytes, bytes] = {}
    rest = list(words)
    while rest and rest[0][1:2] == b"=" and rest[0][:1] in b"NFC":
        fields.setdefault(rest[0][:1], rest[0][2:])
        del rest[0]
    return fields, rest


def whom(fields: dict[bytes, bytes]) -> tuple[str | None, str | None, str | None]:
    """Account, name and number of ``N= F= C=``."""
    contact_id = number_of(fields[b"C"]) if fields.get(b"C") else None
    account = account_of(fields[b"N"]) if b"N" in fields else None
    return account, decode_name(fields[b"F"]) if fields.get(b"F") else None, contact_id
