# cython: annotation_typing=False
"""Handlers: what a client asks a notification server for beside talk: policies, pages, searches (reference 4.1).

What the own account wants is told when its client asks; the server's answers tell nothing new, but for policies
and for what a search found.
"""

from binascii import Error as Base64Error
from binascii import a2b_base64

from msnp.accounts import network
from msnp.contact_list import network_details
from msnp.events import ContactLearnt, ProfileLearnt
from msnp.frames import Frame, MalformedError, to_number
from msnp.handlers_login import account_of
from msnp.handlers_presence import echoed
from msnp.markup import parse_markup
from msnp.requests import asked
from msnp.state import State
from msnp.text import decode_name, decode_text, decode_word

MAX_WORDS = 256
"""Blocked words of one policy that are told; further ones are counted in ``blocked_words_more``."""
MAX_WORD = 512
"""Characters of one blocked word or of one argument of a search that are told."""
MAX_FOUND = 100
"""Lines of one search's result that are told; servers sent no more than some dozens."""
MAX_MAIL = 4096
"""Characters of an invitation by mail that are told."""


def _tell(state: State, line: Frame, details: dict[str, object]) -> None:
    state.emit(ProfileLearnt(mark=line.mark, from_client=line.from_client, details=details))


def handler_msn_chl(state: State, line: Frame) -> None:
    """CHL: the server's challenge, ``CHL 0 digits`` (MSNP6 on). It says nothing of anybody."""


def handler_msn_qry(state: State, line: Frame) -> None:
    """QRY: the answer to a challenge, ``QRY tr product 32`` and 32 hexadecimal digits (MSNP6 on).

    The digits are not kept. The product identifies the client, whatever CVR says; it is told once. The server's
    ``QRY tr`` agrees.
    """
    if not line.from_client:
        return
    asked(state, line)
    product = decode_word(line.word(2))[:MAX_WORD]
    if state.details.get("product") != product:
        state.details["product"] = product
        _tell(state, line, {"product": product})


def handler_msn_sbs(state: State, line: Frame) -> None:
    """SBS: ``SBS 0 null`` after the login (MSNP11 on); nobody knows what it means."""


def handler_msn_gcf(state: State, line: Frame) -> None:
    """GCF: the server's policies, with patterns of words that clients block.

    The client asks ``GCF tr Shields.xml``; the server ``GCF tr Shields.xml n`` (MSNP11-12) or, unasked,
    ``GCF 0 n`` (13 on). Each ``<imtext value="…">`` is a regular expression in base64.
    """
    if line.from_client:
        asked(state, line)
        return
    if line.payload is None:
        return
    octets = b" ".join(piece for _, piece in line.payload.pieces)
    words = [word for element in parse_markup(octets).every("imtext") if (word := _blocked(element.attributes))]
    if not words:
        return
    details: dict[str, object] = {"blocked_words": words[:MAX_WORDS]}
    if len(words) > MAX_WORDS:
        details["blocked_words_more"] = len(words) - MAX_WORDS
    if line.payload.missing:
        details["missing"] = line.payload.missing
    _tell(state, line, details)


def _blocked(attributes: dict[str, str]) -> str | None:
    try:
        octets = a2b_base64(attributes.get("value", "").encode("ascii"), strict_mode=True)
    except (Base64Error, UnicodeError):
        return None
    return decode_text([octets])[0][:MAX_WORD] or None


def handler_msn_url(state: State, line: Frame) -> None:
    """URL: the page that the client wants to open, ``URL tr INBOX`` (all versions).

    Behind COMPOSE the address to be written to, behind PROFILE, PERSON and CHAT a locale. The server's answer
    ``URL tr page login id`` holds what the client shows to sign in there, so nothing of it is kept.
    """
    if not line.from_client:
        return
    page = decode_name(line.word(2))[:MAX_WORD]
    argument = decode_name(line.tokens[3])[:MAX_WORD] if len(line.tokens) > 3 and line.tokens[3] else None
    details: dict[str, object] = {"page": page}
    if argument is not None:
        details["mail_to" if page.upper() == "COMPOSE" else "page_argument"] = argument
    asked(state, line, None, details)
    _tell(state, line, details)


def handler_msn_fnd(state: State, line: Frame) -> None:
    """FND: a search in the directory of members (MSNP2-8).

    Client ``FND tr fname=Jo lname=* city=…``; the server a line for each of n found, ``FND tr i n fname=…``, or
    ``FND tr 0 0``.
    """
    if line.from_client:
        search = _arguments(line.tokens[2:])
        asked(state, line, None, {"search": search})
        _tell(state, line, {"search": search})
        return
    if line.number(2) > MAX_FOUND:
        return
    found = _arguments(line.tokens[4:])
    if found:
        _tell(state, line, {"found": found, "found_index": line.number(2), "found_count": line.number(3)})


def _arguments(tokens: list[bytes]) -> dict[str, str]:
    """``key=value …``, without the keys that have no value."""
    pairs = (token[: 8 * MAX_WORD].partition(b"=") for token in tokens[:32])
    return {decode_word(key)[:32]: decode_name(value)[:MAX_WORD] for key, _, value in pairs if value}


def handler_msn_snd(state: State, line: Frame) -> None:
    """SND: the server shall invite somebody by mail, ``SND tr address [locale library client]`` (all versions)."""
    if line.from_client:
        details: dict[str, object] = {"mail_to": account_of(line.word(2)), "command": "SND"}
        asked(state, line, None, details)
        _tell(state, line, details)


def handler_msn_sdc(state: State, line: Frame) -> None:
    """SDC: the same, with the sender's name and words (MSNP5 on).

    ``SDC tr address locale library client X X name n``, and n octets of text, often none. The server's
    ``SDC tr OK`` agrees.
    """
    if not line.from_client:
        return
    details: dict[str, object] = {"mail_to": account_of(line.word(2)), "command": "SDC"}
    if name := b" ".join(line.tokens[8:-1]):
        details["mail_name"] = decode_name(name)
    if line.payload is not None and line.payload.length:
        seen = [octets for _, octets in line.payload.pieces]
        details["mail_text"] = decode_text(seen, cut=line.payload.missing > 0)[0][:MAX_MAIL]
        if line.payload.missing:
            details["missing"] = line.payload.missing
    asked(state, line, None, {"mail_to": details["mail_to"]})
    _tell(state, line, details)


def handler_msn_ims(state: State, line: Frame) -> None:
    """IMS: whether people with a television set (WebTV) may write, ``IMS tr ON`` (MSNP3 on).

    The server repeats it, ``IMS tr 0 ON``.
    """
    word = line.word(2 if line.from_client else 3)
    if word not in {b"ON", b"OFF"}:
        raise MalformedError("neither ON nor OFF")
    asked(state, line, None, {"web_tv": word == b"ON"})
    if not echoed(state, line, word):
        _tell(state, line, {"web_tv": word == b"ON"})


def handler_msn_vas(state: State, line: Frame) -> None:
    """VAS: the own account reports somebody as a sender of spam (MSNP16 or 18 on: sources differ).

    ``VAS tr account network 0 7`` and ``<x></x>``; the server's ``VAS tr`` agrees.
    """
    if not line.from_client:
        return
    account = account_of(line.word(2))
    net = network(line.word(2))
    if net is None and len(line.tokens) > 4:
        net = to_number(line.tokens[3])
    details = {"action": "reported", **network_details(net)}
    asked(state, line, account, details)
    state.emit(ContactLearnt(mark=line.mark, from_client=True, account=account, details=details))


def handler_msn_asking(state: State, line: Frame) -> None:
    """LKP (MSNP12 on), GSB (11 on), RFS (13 on: lists are to be sent again), GET and FSL (21): what is asked for is
    not documented, so only a refusal is told.
    """
    asked(state, line)
