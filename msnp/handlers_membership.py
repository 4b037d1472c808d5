# cython: annotation_typing=False
"""Handlers: the contact list from MSNP13 on, in XML (reference 4.3).

``<ml l="1"><d n="example.net"><c n="user" l="3" t="1" f="name"/></d><t><c n="tel:+…" l="3"/></t></ml>``: the
account is user@domain, ``l`` the bits of its lists, ``t`` its network. MSNP21 says the bits in ``<s n="IM"
l="3"/>`` inside ``<c>``. Answers (``ADL tr OK``) tell nothing. Where octets are missing, what stands whole around
them is read.
"""

from typing import NamedTuple
from zlib import crc32

from msnp.accounts import normalise
from msnp.contact_list import contacts_of, learnt, lists_of, network_details
from msnp.frames import Frame, MalformedError, Payload
from msnp.list_changes import Change, action_of, repeated, tell_added, tell_removed
from msnp.markup import Element, parse_markup
from msnp.requests import asked
from msnp.state import State

_TELEPHONE = 4
_MOST_ANSWERED = 32
"""Contacts of one FQY whose answers are remembered; clients ask for one at a time."""
_UNKNOWN_BITS = 32
"""From here on bits name no list that anybody has explained; they are told as they stand."""


class _Entry(NamedTuple):
    """One ``<c>``."""

    account: str
    bits: int | None
    name: str | None
    network: int | None


def _number(text: str | None, most: int) -> int | None:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > most:
        return None
    return int(text)


def _entry(element: Element, domain: str, network: int | None) -> _Entry | None:
    """A contact; None where it names nobody."""
    attributes = element.attributes
    user = attributes.get("n", "")
    account = normalise(f"{user}@{domain}" if domain else user)
    if account is None:
        return None
    bits = attributes.get("l")
    if bits is None:
        services = [service for service in element.children if service.name == "s" and "l" in service.attributes]
        services.sort(key=lambda service: service.attributes.get("n", "").upper() != "IM")
        bits = services[0].attributes["l"] if services else None
    network = _number(attributes.get("t"), 999) if "t" in attributes else network
    return _Entry(account, _number(bits, 2**31), attributes.get("f") or None, network)


def _entries(root: Element) -> list[_Entry]:
    """All contacts, in their order."""
    entries = []
    for element in root.walk():
        if element.name == "d":
            domain, network = element.attributes.get("n", ""), None
        elif element.name == "t":
            domain, network = "", _TELEPHONE
        elif element.name == "ml":
            domain, network = "", None
        else:
            continue
        found = [_entry(child, domain, network) for child in element.children if child.name == "c"]
        entries += [entry for entry in found if entry is not None]
    return entries


def _read(line: Frame) -> tuple[list[_Entry], bool | None, int]:
    """The contacts; whether it is the list as a whole (``<ml l="1">``; None: its beginning is missing); and how
    many octets are missing."""
    payload = line.payload
    if payload is None:
        raise MalformedError("no length")
    entries: list[_Entry] = []
    whole = None
    for offset, octets in payload.pieces:
        root = parse_markup(octets)
        if offset == 0:
            first = root.first("ml")
            whole = first is not None and first.attributes.get("l") == "1"
        entries += _entries(root)
    return entries, whole, payload.missing


def _is_answer(line: Frame) -> bool:
    return line.payload is None and not line.from_client and len(line.tokens) > 2


def _fingerprint(payload: Payload | None) -> int:
    return crc32(b"".join(octets for _, octets in payload.pieces)) if payload is not None else 0


def handler_msn_adl(state: State, line: Frame) -> None:
    """ADL: people come on lists (MSNP13-21).

    Client ``ADL tr n``: the list as a whole after login, told as ``listed``, and changes later. Server ``ADL tr
    OK``, and ``ADL 0 n`` with ``l="8"``: they added the own account.
    """
    _handle_change(state, line, added=True)


def handler_msn_rml(state: State, line: Frame) -> None:
    """RML: people go off lists (MSNP13-21).

    Client ``RML tr n``, server ``RML tr OK``, and ``RML 0 n`` with ``l="8"``: they removed the own account.
    """
    _handle_change(state, line, added=False)


def _handle_change(state: State, line: Frame, *, added: bool) -> None:
    if _is_answer(line):
        return
    entries, whole, missing = _read(line)
    only = entries[0] if len(entries) == 1 else None
    bits = only.bits if only is not None and only.bits is not None else 0
    details: dict[str, object] = {"action": "listed" if added and whole else action_of(bits, added=added)}
    if bits:
        details["lists"] = lists_of(bits)
    asked(state, line, only.account if only else None, details)
    if repeated(state, line, _fingerprint(line.payload)):
        return
    extra: tuple[tuple[str, object], ...] = (("missing", missing),) if missing else ()
    ordinal = 0
    for entry in entries:
        if entry.bits is None:
            continue
        if added and whole is not False:
            _tell_listed(state, line, entry, whole is not None, extra, ordinal)
            ordinal += 1
            continue
        more = extra if entry.bits < _UNKNOWN_BITS else (*extra, ("bits", entry.bits))
        change = Change(entry.account, entry.bits, entry.name, None, entry.network, more)
        ordinal = (tell_added if added else tell_removed)(state, line, change, ordinal)


def _tell_listed(  # noqa: PLR0917  # all of one event
    state: State, line: Frame, entry: _Entry, certain: bool, extra: tuple[tuple[str, object], ...], ordinal: int
) -> None:
    """One of the whole list; not ``certain``: it may as well be a change."""
    bits = entry.bits or 0
    contacts_of(state, line.mark.time).learn(entry.account, None, bits)
    details: dict[str, object] = {"action": "listed"} if certain else {}
    details.update(lists=lists_of(bits), bits=bits, **network_details(entry.network), **dict(extra))
    state.emit(learnt(line, entry.account, details, entry.name, None, ordinal))


def handler_msn_fqy(state: State, line: Frame) -> None:
    """FQY: on which network somebody is (MSNP14-21).

    Client ``FQY tr n``, server the same with ``t="network"``, several times for one question if there are several
    networks. The answer is told; the question only if there is none.
    """
    entries, _, missing = _read(line)
    contacts = contacts_of(state, line.mark.time)
    transaction = line.word(1)
    key = (b"FQY", transaction)
    extra: dict[str, object] = {"missing": missing} if missing else {}
    asked(state, line, entries[0].account if len(entries) == 1 else None, {"action": "queried"})
    before = state.requests.get(key)
    answered: frozenset[str] = before if isinstance(before, frozenset) else frozenset()
    if not line.from_client and len(answered) < _MOST_ANSWERED:
        names = [entry.account for entry in entries[:_MOST_ANSWERED]]
        state.requests.remember(key, answered.union(names))
    for ordinal, entry in enumerate(entries):
        details = {"action": "queried", **network_details(entry.network), **extra}
        event = learnt(line, entry.account, details, entry.name, None, ordinal)
        if not line.from_client:
            contacts.drop("query", entry.account)
            state.emit(event)
        elif entry.account not in answered:
            contacts.hold("query", entry.account, event, transaction, state.emit)
