# cython: annotation_typing=False
"""The commands of MSNP2 to MSNP21, in one view (reference 1.2, 1.3 and 4).

One row per side and command. ``payload``: 0 if none, else the least number of tokens with which the last one is
the payload's length. ``server``: NS or SB where only one kind of server has it. ``telling``: hardly a line of
text looks like it. ``form``: the rest of the line, strictly; asked only where trust has to be earned, never in
the middle of a stream that reads well. ``opens``: how the payload begins. Without a handler, a command is framed,
counted and left alone.
"""

import re
from collections.abc import Callable

from msnp.frames import ERROR, Frame, Shape, Shapes
from msnp.handlers_login import (
    handler_msn_cvr,
    handler_msn_error,
    handler_msn_out,
    handler_msn_rng,
    handler_msn_usr,
    handler_msn_ver,
    handler_msn_xfr,
)
from msnp.handlers_messages import handler_msn_msg
from msnp.handlers_presence import (
    handler_msn_chg,
    handler_msn_fln,
    handler_msn_iln,
    handler_msn_nln,
    handler_msn_prp,
    handler_msn_rea,
)
from msnp.handlers_switchboard import (
    handler_msn_ack,
    handler_msn_ans,
    handler_msn_bye,
    handler_msn_cal,
    handler_msn_iro,
    handler_msn_joi,
)
from msnp.state import State

AFTER_LOGIN = frozenset(
    b"SYN CHG UUX ADL RML BLP GTC PRP REA ADC ADD REM ADG RMG REG SBP XFR URL PNG GCF"
    b" QNG CHL ILN NLN FLN RNG UBX UBN UBM NOT IPG LST LSG BPR NFY SDG PUT".split()
)
"""Only with a notification server that has accepted the login."""

Handler = Callable[[State, Frame], None]
_Row = tuple[bool, str, int, bool | None, bool, str, re.Pattern[bytes] | None, Handler | None]


class Command(Shape):
    """What is known of one command of one side: its shape, and what it means."""

    __slots__ = ("after_login", "handler", "label", "name", "notification", "utterance")

    def __init__(self, row: _Row) -> None:
        side, name, payload, notification, telling, form, opens, handler = row
        number = "[0-9]{3}" if name == ERROR.decode() else name
        super().__init__(f"{number}{form} *".encode(), payload, opens, telling)
        self.name = name.encode()
        self.notification = notification
        """True: only with a notification server; False: only with a switchboard."""
        self.handler = handler
        self.label = f"{'C' if side else 'S'} {name}"
        """``C MSG``, ``S JOI``: the command as it is counted."""
        self.after_login = self.name in AFTER_LOGIN
        self.utterance = name in {"MSG", "ACK", "NAK"}
        """What people say, or an answer to it: nothing that a muted session must know."""


T = r"\d{1,10}"  # transaction, or serial
N = r"\d{1,7}"  # a payload's length
A = r"(?:\d{1,3}:)?(?:[^ @\x00-\x20]+@[^ @\x00-\x20]+|tel:\+?\d[^ ]*)"
W = r"[^ ]+"
REST = r"(?: .*)?"
HOST = r"[^ ]+:\d{1,5}"
STATUS = r"(?:NLN|BSY|IDL|BRB|AWY|PHN|LUN|HDN|FLN)"
LIST = r"(?:FL|AL|BL|RL|PL)"
LOGIN = r"(?:MD5|TWN|SSO|CTP|SHA)"

NS, SB = True, False
MIME = re.compile(rb"[A-Za-z][A-Za-z0-9-]{1,39}[ \t]*:")
XML = re.compile(rb"\s*<")

C, S = True, False
"""Sides: from the client, from the server."""

# fmt: off
_ROWS: tuple[_Row, ...] = (
    # side, command, payload, server, telling, form, opens, handler
    # --- login and housekeeping (4.1)
    (C, "VER", 0, NS, True,  rf" {T}(?: [A-Z]{{3,4}}\d+)+", None, handler_msn_ver),
    (S, "VER", 0, NS, True,  rf" {T}(?: 0|(?: [A-Z]{{3,4}}\d+)+)", None, handler_msn_ver),
    (C, "INF", 0, NS, False, rf" {T}", None, None),
    (S, "INF", 0, NS, False, rf" {T} [A-Z0-9]+{REST}", None, None),
    (C, "CVR", 0, NS, True,  rf"[ \t]+{T}[ \t]+0x[0-9A-Fa-f]+[ \t]+.+", None, handler_msn_cvr),
    (S, "CVR", 0, NS, True,  rf" {T} {W} {W} {W} .+", None, handler_msn_cvr),
    (C, "CVQ", 0, NS, True,  rf"[ \t]+{T}[ \t]+0x[0-9A-Fa-f]+[ \t]+.+", None, None),
    (S, "CVQ", 0, NS, True,  rf" {T} {W} {W} {W} .+", None, None),
    (C, "USR", 0, None, True, rf" {T} (?:{LOGIN} [ISA] .+|{A} {W})", None, handler_msn_usr),
    (S, "USR", 0, None, True, rf" {T} (?:OK {A}{REST}|{LOGIN} S .+)", None, handler_msn_usr),
    (C, "XFR", 0, NS, True,  rf" {T} (?:SB|NS){REST}", None, handler_msn_xfr),
    (S, "XFR", 0, NS, True,  rf" {T} (?:SB {HOST} {W} {W}{REST}|NS (?:{HOST}|0){REST})", None, handler_msn_xfr),
    (S, "RNG", 0, NS, True,  rf" {W} {HOST} {W} {W} {A}{REST}", None, handler_msn_rng),
    (C, "OUT", 0, None, False, rf"(?: {T})?", None, handler_msn_out),
    (S, "OUT", 0, None, False, rf"(?: (?:OTH|SSD|TOU|MIG|RCT {T}|{T}))?", None, handler_msn_out),
    (C, "PNG", 0, NS, False, "", None, None),
    (S, "QNG", 0, NS, False, r"(?: \d{1,6})?", None, None),
    (S, "CHL", 0, NS, True,  rf" {T} \d+", None, None),
    (C, "QRY", 4, NS, True,  rf" {T} {W} {N}", None, None),
    (S, "QRY", 0, NS, False, rf" {T}", None, None),
    (S, "SBS", 0, NS, False, rf" {T}{REST}", None, None),
    (C, "GCF", 0, NS, False, rf" {T} {W}", None, None),
    (S, "GCF", 3, NS, True,  rf" {T}(?: {W})? {N}", XML, None),
    (C, "URL", 0, NS, False, rf" {T} {W}{REST}", None, None),
    (S, "URL", 0, NS, False, rf" {T} {W} {W}{REST}", None, None),
    (C, "FND", 0, NS, False, rf" {T} .+", None, None),
    (S, "FND", 0, NS, False, rf" {T} .+", None, None),
    (C, "SND", 0, NS, False, rf" {T} {A}{REST}", None, None),
    (S, "SND", 0, NS, False, rf" {T} OK", None, None),
    (C, "SDC", 4, NS, True,  rf" {T} {A} .* ?{N}", None, None),
    (S, "SDC", 0, NS, False, rf" {T} OK", None, None),
    (C, "IMS", 0, NS, False, rf" {T} (?:ON|OFF)", None, None),
    (S, "IMS", 0, NS, False, rf" {T} {T} (?:ON|OFF)", None, None),
    (C, "LKP", 0, NS, False, rf" {T}{REST}", None, None),
    (S, "LKP", 0, NS, False, rf" {T}{REST}", None, None),
    (C, "GSB", 0, NS, False, rf" {T}{REST}", None, None),
    (S, "GSB", 0, NS, False, rf" {T}{REST}", None, None),
    (C, "RFS", 0, NS, False, rf"(?: {T})?", None, None),
    (S, "RFS", 0, NS, False, rf"(?: {T})?", None, None),
    # --- presence (4.2)
    (C, "CHG", 0, NS, True,  rf" {T} {STATUS}{REST}", None, handler_msn_chg),
    (S, "CHG", 0, NS, True,  rf" {T} {STATUS}{REST}", None, handler_msn_chg),
    (S, "ILN", 0, NS, True,  rf" {T} {STATUS} {A}{REST}", None, handler_msn_iln),
    (S, "NLN", 0, NS, True,  rf" {STATUS} {A}{REST}", None, handler_msn_nln),
    (S, "FLN", 0, NS, False, rf" {A}(?: [\d:]+)*", None, handler_msn_fln),
    # --- lists and names (4.3)
    (C, "SYN", 0, NS, False, rf" {T} {W}(?: {W})?", None, None),
    (S, "SYN", 0, NS, False, rf" {T} {W}{REST}", None, None),
    (C, "LST", 0, NS, True,  rf" {T} {LIST}", None, None),
    (S, "LST", 0, NS, True,  rf" (?:N=.+|{A} .+|{T} {LIST} .+)", None, None),
    (S, "LSG", 0, NS, False, r" .+", None, None),
    (C, "ADG", 0, NS, False, rf" {T} .+", None, None),
    (S, "ADG", 0, NS, False, rf" {T} .+", None, None),
    (C, "RMG", 0, NS, False, rf" {T} .+", None, None),
    (S, "RMG", 0, NS, False, rf" {T} .+", None, None),
    (C, "REG", 0, NS, False, rf" {T} .+", None, None),
    (S, "REG", 0, NS, False, rf" {T} .+", None, None),
    (C, "ADD", 0, NS, True,  rf" {T} {LIST} {A}{REST}", None, None),
    (S, "ADD", 0, NS, True,  rf" {T} {LIST} .+", None, None),
    (C, "REM", 0, NS, True,  rf" {T} {LIST} .+", None, None),
    (S, "REM", 0, NS, True,  rf" {T} {LIST} .+", None, None),
    (C, "ADC", 0, NS, True,  rf" {T} {LIST} .+", None, None),
    (S, "ADC", 0, NS, True,  rf" {T} {LIST} .+", None, None),
    (C, "REA", 0, NS, True,  rf" {T} {A} .+", None, handler_msn_rea),
    (S, "REA", 0, NS, True,  rf" {T}(?: {T})? {A} .+", None, handler_msn_rea),
    (C, "PRP", 0, NS, False, rf" {T} [A-Z]{{3}}{REST}", None, handler_msn_prp),
    (S, "PRP", 0, NS, False, rf"(?: {T}){{0,2}} [A-Z]{{3}}{REST}", None, handler_msn_prp),
    (S, "BPR", 0, NS, False, rf"(?: {T})?(?: {A})? [A-Z]{{3}}{REST}", None, None),
    (C, "SBP", 0, NS, False, rf" {T} {W} [A-Z]{{3}}{REST}", None, None),
    (S, "SBP", 0, NS, False, rf" {T} {W} [A-Z]{{3}}{REST}", None, None),
    (C, "BLP", 0, NS, False, rf" {T} [AB]L", None, None),
    (S, "BLP", 0, NS, False, rf"(?: {T}){{0,2}} [AB]L", None, None),
    (C, "GTC", 0, NS, False, rf" {T} [AN]", None, None),
    (S, "GTC", 0, NS, False, rf"(?: {T}){{0,2}} [AN]", None, None),
    (C, "ADL", 3, NS, True,  rf" {T} {N}", XML, None),
    (S, "ADL", 3, NS, True,  rf" {T} (?:OK|{N})", XML, None),
    (C, "RML", 3, NS, True,  rf" {T} {N}", XML, None),
    (S, "RML", 3, NS, True,  rf" {T} (?:OK|{N})", XML, None),
    (C, "FQY", 3, NS, True,  rf" {T} {N}", XML, None),
    (S, "FQY", 3, NS, True,  rf" {T} {N}", XML, None),
    # --- status text, notifications, mobile (4.4)
    (C, "UUX", 3, NS, True,  rf" {T} {N}", XML, None),
    (S, "UUX", 3, NS, False, rf" {T} {N}", XML, None),
    (S, "UBX", 3, NS, True,  rf" {A}(?: \d{{1,3}})? {N}", XML, None),
    (S, "NOT", 2, NS, True,  rf" {N}", XML, None),
    (S, "IPG", 2, NS, True,  rf" {N}", XML, None),
    (C, "PAG", 4, NS, True,  rf" {T} {W} {N}", XML, None),
    (S, "PAG", 4, NS, True,  rf" {T} {W} {N}", XML, None),
    (C, "PGD", 5, NS, True,  rf" {T} {W} \d {N}", XML, None),
    (C, "UUN", 5, NS, True,  rf" {T} {A} \d+ {N}", None, None),
    (S, "UUN", 5, NS, False, rf" {T} OK", None, None),
    (S, "UBN", 4, NS, True,  rf" {A} \d+ {N}", None, None),
    (C, "UUM", 5, NS, True,  rf" {T} {A} \d+ \d+ {N}", MIME, None),
    (S, "UBM", 4, None, True, rf" {A} \d+ (?:{A} \d+ )?\d+ {N}", MIME, None),
    (C, "VAS", 4, NS, True,  rf" {T} {A} \d+ \d+ {N}", XML, None),
    (S, "VAS", 0, NS, False, rf" {T}", None, None),
    # --- three header blocks, MSNP18 and later (8.1)
    (C, "PUT", 3, NS, True,  rf" {T} {N}", MIME, None),
    (S, "PUT", 4, NS, True,  rf" {T} OK {N}", MIME, None),
    (C, "DEL", 3, NS, True,  rf" {T} {N}", MIME, None),
    (S, "DEL", 4, NS, True,  rf" {T} OK {N}", MIME, None),
    (S, "NFY", 3, NS, True,  rf" (?:PUT|DEL) {N}", MIME, None),
    (C, "SDG", 3, NS, True,  rf" {T} {N}", MIME, None),
    (S, "SDG", 3, NS, True,  rf" {T} (?:OK|{N})", MIME, None),
    (C, "GET", 3, NS, False, rf" {T} {N}", None, None),
    (S, "GET", 3, NS, False, rf" {T}(?: OK)? {N}", None, None),
    (C, "FSL", 3, NS, False, rf" {T} {N}", None, None),
    (S, "FSL", 3, NS, False, rf" {T}(?: OK)? {N}", None, None),
    # --- conversations (2.3, 2.5, 5)
    (C, "ANS", 0, SB, True,  rf" {T} {A} {W} {W}", None, handler_msn_ans),
    (S, "ANS", 0, SB, True,  rf" {T} OK", None, handler_msn_ans),
    (C, "CAL", 0, SB, True,  rf" {T} {A}", None, handler_msn_cal),
    (S, "CAL", 0, SB, True,  rf" {T} RINGING {W}", None, handler_msn_cal),
    (S, "IRO", 0, SB, True,  rf" {T} \d+ \d+ {A}{REST}", None, handler_msn_iro),
    (S, "JOI", 0, SB, True,  rf" {A} [^ ]*(?: [\d:]+)?", None, handler_msn_joi),
    (C, "BYE", 0, SB, False, rf" {T} {A}", None, handler_msn_bye),
    (S, "BYE", 0, SB, False, rf" {A}(?: \d)?", None, handler_msn_bye),
    (C, "MSG", 4, SB, True,  rf" {T} [UNADS] {N}", MIME, handler_msn_msg),
    (S, "MSG", 4, None, True, rf" (?:{A} [^ ]*|Hotmail Hotmail) {N}", MIME, handler_msn_msg),
    (S, "ACK", 0, SB, False, rf" {T}", None, handler_msn_ack),
    (S, "NAK", 0, SB, False, rf" {T}", None, handler_msn_ack),
    # --- numeric replies (4.5): with three tokens a payload follows
    (S, "NNN", 3, None, False, rf" {T}(?: {N})?", None, handler_msn_error),
)
# fmt: on

COMMANDS: dict[tuple[bool, bytes], Command] = {(row[0], row[1].encode()): Command(row) for row in _ROWS}

SHAPES: dict[bool, Shapes] = {
    side: Shapes({name: command for (of, name), command in reversed(COMMANDS.items()) if of is side})
    for side in (C, S)
}
"""The same for the framers. The rows of conversations, which are last, have the first places: a switchboard's
session counts by place."""
