# cython: annotation_typing=False
"""The commands of MSNP2 to MSNP21, in one view (reference 1.2, 1.3 and 4).

One row per side and command. ``versions``: of MSNP, first and last in which it is known. ``payload``: 0 if none,
else the least number of tokens with which the last one is the payload's length. ``server``: NS or SB where only one
kind of server has it. ``telling``: hardly a line of text looks like it. ``form``: the rest of the line, strictly;
asked only where trust has to be earned, never in the middle of a stream that reads well. ``opens``: how the payload
begins. Without a handler, a command is framed, counted and left alone.
"""

import re
from collections.abc import Callable

from msnp.frames import ERROR, Frame, Shape, Shapes
from msnp.handlers_errors import handler_msn_error
from msnp.handlers_groups import handler_msn_adg, handler_msn_lsg, handler_msn_reg, handler_msn_rmg
from msnp.handlers_lists import (
    handler_msn_adc,
    handler_msn_add,
    handler_msn_lst,
    handler_msn_png,
    handler_msn_rea,
    handler_msn_rem,
    handler_msn_syn,
)
from msnp.handlers_login import (
    handler_msn_cvq,
    handler_msn_cvr,
    handler_msn_inf,
    handler_msn_out,
    handler_msn_rng,
    handler_msn_usr,
    handler_msn_ver,
    handler_msn_xfr,
)
from msnp.handlers_membership import handler_msn_adl, handler_msn_fqy, handler_msn_rml
from msnp.handlers_messages import handler_msn_msg
from msnp.handlers_mobile import (
    handler_msn_ipg,
    handler_msn_not,
    handler_msn_pag,
    handler_msn_pgd,
    handler_msn_ubm,
    handler_msn_uum,
)
from msnp.handlers_multiparty import handler_msn_del, handler_msn_nfy, handler_msn_put, handler_msn_sdg
from msnp.handlers_presence import (
    handler_msn_chg,
    handler_msn_fln,
    handler_msn_iln,
    handler_msn_nln,
)
from msnp.handlers_properties import (
    handler_msn_blp,
    handler_msn_bpr,
    handler_msn_gtc,
    handler_msn_prp,
    handler_msn_sbp,
)
from msnp.handlers_service import (
    handler_msn_asking,
    handler_msn_chl,
    handler_msn_fnd,
    handler_msn_gcf,
    handler_msn_ims,
    handler_msn_qry,
    handler_msn_sbs,
    handler_msn_sdc,
    handler_msn_snd,
    handler_msn_url,
    handler_msn_vas,
)
from msnp.handlers_status import handler_msn_ubn, handler_msn_ubx, handler_msn_uun, handler_msn_uux
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
_Row = tuple[bool, str, str, int, bool | None, bool, str, re.Pattern[bytes] | None, Handler | None]


class Command(Shape):
    """What is known of one command of one side: its shape, and what it means."""

    __slots__ = ("after_login", "handler", "label", "name", "notification", "utterance", "versions")

    def __init__(self, row: _Row) -> None:
        side, name, versions, payload, notification, telling, form, opens, handler = row
        number = "[0-9]{3}" if name == ERROR.decode() else name
        super().__init__(f"{number}{form} *".encode(), payload, opens, telling)
        self.name = name.encode()
        self.versions = versions
        """First and last version of MSNP in which it was seen: ``2-9``."""
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
    # side, command, versions, payload, server, telling, form, opens, handler
    # --- login and housekeeping (4.1)
    (C, "VER", "2-21",   0, NS, True,  rf" {T}(?: [A-Z]{{3,4}}\d+)+", None, handler_msn_ver),
    (S, "VER", "2-21",   0, NS, True,  rf" {T}(?: 0|(?: [A-Z]{{3,4}}\d+)+)", None, handler_msn_ver),
    (C, "INF", "2-7",    0, NS, False, rf" {T}", None, handler_msn_inf),
    (S, "INF", "2-7",    0, NS, False, rf" {T} [A-Z0-9]+{REST}", None, handler_msn_inf),
    (C, "CVR", "2-21",   0, NS, True,  rf"[ \t]+{T}[ \t]+0x[0-9A-Fa-f]+[ \t]+.+", None, handler_msn_cvr),
    (S, "CVR", "2-21",   0, NS, True,  rf" {T} {W} {W} {W} .+", None, handler_msn_cvr),
    (C, "CVQ", "2-21",   0, NS, True,  rf"[ \t]+{T}[ \t]+0x[0-9A-Fa-f]+[ \t]+.+", None, handler_msn_cvq),
    (S, "CVQ", "2-21",   0, NS, True,  rf" {T} {W} {W} {W} .+", None, handler_msn_cvq),
    (C, "USR", "2-21",   0, None, True, rf" {T} (?:{LOGIN} [ISA] .+|{A} {W})", None, handler_msn_usr),
    (S, "USR", "2-21",   0, None, True, rf" {T} (?:OK {A}{REST}|{LOGIN} S .+)", None, handler_msn_usr),
    (C, "XFR", "2-21",   0, NS, True,  rf" {T} (?:SB|NS){REST}", None, handler_msn_xfr),
    (S, "XFR", "2-21",   0, NS, True,  rf" {T} (?:SB {HOST} {W} {W}{REST}|NS (?:{HOST}|0){REST})", None,
     handler_msn_xfr),
    (S, "RNG", "2-20",   0, NS, True,  rf" {W} {HOST} {W} {W} {A}{REST}", None, handler_msn_rng),
    (C, "OUT", "2-21",   0, None, False, rf"(?: {T})?", None, handler_msn_out),
    (S, "OUT", "2-21",   0, None, False, rf"(?: (?:OTH|SSD|TOU|MIG|RCT {T}|{T}))?", None, handler_msn_out),
    (C, "PNG", "2-21",   0, NS, False, "", None, handler_msn_png),
    (S, "QNG", "2-21",   0, NS, False, r"(?: \d{1,6})?", None, handler_msn_png),
    (S, "CHL", "6-21",   0, NS, True,  rf" {T} \d+", None, handler_msn_chl),
    (C, "QRY", "6-21",   4, NS, True,  rf" {T} {W} {N}", None, handler_msn_qry),
    (S, "QRY", "6-21",   0, NS, False, rf" {T}", None, handler_msn_qry),
    (S, "SBS", "11-21",  0, NS, False, rf" {T}{REST}", None, handler_msn_sbs),
    (C, "GCF", "11-21",  0, NS, False, rf" {T} {W}", None, handler_msn_gcf),
    (S, "GCF", "11-21",  3, NS, True,  rf" {T}(?: {W})? {N}", XML, handler_msn_gcf),
    (C, "URL", "2-21",   0, NS, False, rf" {T} {W}{REST}", None, handler_msn_url),
    (S, "URL", "2-21",   0, NS, False, rf" {T} {W} {W}{REST}", None, handler_msn_url),
    (C, "FND", "2-8",    0, NS, False, rf" {T} .+", None, handler_msn_fnd),
    (S, "FND", "2-8",    0, NS, False, rf" {T} .+", None, handler_msn_fnd),
    (C, "SND", "2-21",   0, NS, False, rf" {T} {A}{REST}", None, handler_msn_snd),
    (S, "SND", "2-21",   0, NS, False, rf" {T} OK", None, handler_msn_snd),
    (C, "SDC", "5-21",   4, NS, True,  rf" {T} {A} .* ?{N}", None, handler_msn_sdc),
    (S, "SDC", "5-21",   0, NS, False, rf" {T} OK", None, handler_msn_sdc),
    (C, "IMS", "3-21",   0, NS, False, rf" {T} (?:ON|OFF)", None, handler_msn_ims),
    (S, "IMS", "3-21",   0, NS, False, rf" {T} {T} (?:ON|OFF)", None, handler_msn_ims),
    (C, "LKP", "12-21",  0, NS, False, rf" {T}{REST}", None, handler_msn_asking),
    (S, "LKP", "12-21",  0, NS, False, rf" {T}{REST}", None, handler_msn_asking),
    (C, "GSB", "11-21",  0, NS, False, rf" {T}{REST}", None, handler_msn_asking),
    (S, "GSB", "11-21",  0, NS, False, rf" {T}{REST}", None, handler_msn_asking),
    (C, "RFS", "13-21",  0, NS, False, rf"(?: {T})?", None, handler_msn_asking),
    (S, "RFS", "13-21",  0, NS, False, rf"(?: {T})?", None, handler_msn_asking),
    # --- presence (4.2)
    (C, "CHG", "2-20",   0, NS, True,  rf" {T} {STATUS}{REST}", None, handler_msn_chg),
    (S, "CHG", "2-20",   0, NS, True,  rf" {T} {STATUS}{REST}", None, handler_msn_chg),
    (S, "ILN", "2-17",   0, NS, True,  rf" {T} {STATUS} {A}{REST}", None, handler_msn_iln),
    (S, "NLN", "2-20",   0, NS, True,  rf" {STATUS} {A}{REST}", None, handler_msn_nln),
    (S, "FLN", "2-20",   0, NS, False, rf" {A}(?: [\d:]+)*", None, handler_msn_fln),
    # --- lists and names (4.3)
    (C, "SYN", "2-12",   0, NS, False, rf" {T} {W}(?: {W})?", None, handler_msn_syn),
    (S, "SYN", "2-12",   0, NS, False, rf" {T} {W}{REST}", None, handler_msn_syn),
    (C, "LST", "2-12",   0, NS, True,  rf" {T} {LIST}", None, handler_msn_lst),
    (S, "LST", "2-12",   0, NS, True,  rf" (?:N=.+|{A} .+|{T} {LIST} .+)", None, handler_msn_lst),
    (S, "LSG", "7-12",   0, NS, False, r" .+", None, handler_msn_lsg),
    (C, "ADG", "7-12",   0, NS, False, rf" {T} .+", None, handler_msn_adg),
    (S, "ADG", "7-12",   0, NS, False, rf" {T} .+", None, handler_msn_adg),
    (C, "RMG", "7-12",   0, NS, False, rf" {T} .+", None, handler_msn_rmg),
    (S, "RMG", "7-12",   0, NS, False, rf" {T} .+", None, handler_msn_rmg),
    (C, "REG", "7-12",   0, NS, False, rf" {T} .+", None, handler_msn_reg),
    (S, "REG", "7-12",   0, NS, False, rf" {T} .+", None, handler_msn_reg),
    (C, "ADD", "2-9",    0, NS, True,  rf" {T} {LIST} {A}{REST}", None, handler_msn_add),
    (S, "ADD", "2-9",    0, NS, True,  rf" {T} {LIST} .+", None, handler_msn_add),
    (C, "REM", "2-12",   0, NS, True,  rf" {T} {LIST} .+", None, handler_msn_rem),
    (S, "REM", "2-12",   0, NS, True,  rf" {T} {LIST} .+", None, handler_msn_rem),
    (C, "ADC", "10-12",  0, NS, True,  rf" {T} {LIST} .+", None, handler_msn_adc),
    (S, "ADC", "10-12",  0, NS, True,  rf" {T} {LIST} .+", None, handler_msn_adc),
    (C, "REA", "2-9",    0, NS, True,  rf" {T} {A} .+", None, handler_msn_rea),
    (S, "REA", "2-9",    0, NS, True,  rf" {T}(?: {T})? {A} .+", None, handler_msn_rea),
    (C, "PRP", "5-21",   0, NS, False, rf" {T} [A-Z]{{3}}{REST}", None, handler_msn_prp),
    (S, "PRP", "5-21",   0, NS, False, rf"(?: {T}){{0,2}} [A-Z]{{3}}{REST}", None, handler_msn_prp),
    (S, "BPR", "5-12",   0, NS, False, rf"(?: {T})?(?: {A})? [A-Z]{{3}}{REST}", None, handler_msn_bpr),
    (C, "SBP", "10-12",  0, NS, False, rf" {T} {W} [A-Z]{{3}}{REST}", None, handler_msn_sbp),
    (S, "SBP", "10-12",  0, NS, False, rf" {T} {W} [A-Z]{{3}}{REST}", None, handler_msn_sbp),
    (C, "BLP", "2-21",   0, NS, False, rf" {T} [AB]L", None, handler_msn_blp),
    (S, "BLP", "2-21",   0, NS, False, rf"(?: {T}){{0,2}} [AB]L", None, handler_msn_blp),
    (C, "GTC", "2-12",   0, NS, False, rf" {T} [AN]", None, handler_msn_gtc),
    (S, "GTC", "2-12",   0, NS, False, rf"(?: {T}){{0,2}} [AN]", None, handler_msn_gtc),
    (C, "ADL", "13-21",  3, NS, True,  rf" {T} {N}", XML, handler_msn_adl),
    (S, "ADL", "13-21",  3, NS, True,  rf" {T} (?:OK|{N})", XML, handler_msn_adl),
    (C, "RML", "13-21",  3, NS, True,  rf" {T} {N}", XML, handler_msn_rml),
    (S, "RML", "13-21",  3, NS, True,  rf" {T} (?:OK|{N})", XML, handler_msn_rml),
    (C, "FQY", "14-21",  3, NS, True,  rf" {T} {N}", XML, handler_msn_fqy),
    (S, "FQY", "14-21",  3, NS, True,  rf" {T} {N}", XML, handler_msn_fqy),
    # --- status text, notifications, mobile (4.4)
    (C, "UUX", "11-21",  3, NS, True,  rf" {T} {N}", XML, handler_msn_uux),
    (S, "UUX", "11-21",  3, NS, False, rf" {T} {N}", XML, handler_msn_uux),
    (S, "UBX", "11-21",  3, NS, True,  rf" {A}(?: \d{{1,3}})? {N}", XML, handler_msn_ubx),
    (S, "NOT", "5-21",   2, NS, True,  rf" {N}", XML, handler_msn_not),
    (S, "IPG", "5-21",   2, NS, True,  rf" {N}", XML, handler_msn_ipg),
    (C, "PAG", "5-8",    4, NS, True,  rf" {T} {W} {N}", XML, handler_msn_pag),
    (S, "PAG", "5-8",    4, NS, True,  rf" {T} {W} {N}", XML, handler_msn_pag),
    (C, "PGD", "9-21",   5, NS, True,  rf" {T} {W} \d {N}", XML, handler_msn_pgd),
    (C, "UUN", "13-18",  5, NS, True,  rf" {T} {A} \d+ {N}", None, handler_msn_uun),
    (S, "UUN", "13-18",  5, NS, False, rf" {T} OK", None, handler_msn_uun),
    (S, "UBN", "13-18",  4, NS, True,  rf" {A} \d+ {N}", None, handler_msn_ubn),
    (C, "UUM", "14-18",  5, NS, True,  rf" {T} {A} \d+ \d+ {N}", MIME, handler_msn_uum),
    (S, "UBM", "14-18",  4, None, True, rf" {A} \d+ (?:{A} \d+ )?\d+ {N}", MIME, handler_msn_ubm),
    (C, "VAS", "16-21",  4, NS, True,  rf" {T} {A} \d+ \d+ {N}", XML, handler_msn_vas),
    (S, "VAS", "16-21",  0, NS, False, rf" {T}", None, handler_msn_vas),
    # --- three header blocks, MSNP18 and later (8.1)
    (C, "PUT", "18-21",  3, NS, True,  rf" {T} {N}", MIME, handler_msn_put),
    (S, "PUT", "18-21",  4, NS, True,  rf" {T} OK {N}", MIME, handler_msn_put),
    (C, "DEL", "18-21",  3, NS, True,  rf" {T} {N}", MIME, handler_msn_del),
    (S, "DEL", "18-21",  4, NS, True,  rf" {T} OK {N}", MIME, handler_msn_del),
    (S, "NFY", "18-21",  3, NS, True,  rf" (?:PUT|DEL) {N}", MIME, handler_msn_nfy),
    (C, "SDG", "18-21",  3, NS, True,  rf" {T} {N}", MIME, handler_msn_sdg),
    (S, "SDG", "18-21",  3, NS, True,  rf" {T} (?:OK|{N})", MIME, handler_msn_sdg),
    (C, "GET", "21",     3, NS, False, rf" {T} {N}", None, handler_msn_asking),
    (S, "GET", "21",     3, NS, False, rf" {T}(?: OK)? {N}", None, handler_msn_asking),
    (C, "FSL", "21",     3, NS, False, rf" {T} {N}", None, handler_msn_asking),
    (S, "FSL", "21",     3, NS, False, rf" {T}(?: OK)? {N}", None, handler_msn_asking),
    # --- conversations (2.3, 2.5, 5)
    (C, "ANS", "2-20",   0, SB, True,  rf" {T} {A} {W} {W}", None, handler_msn_ans),
    (S, "ANS", "2-20",   0, SB, True,  rf" {T} OK", None, handler_msn_ans),
    (C, "CAL", "2-20",   0, SB, True,  rf" {T} {A}", None, handler_msn_cal),
    (S, "CAL", "2-20",   0, SB, True,  rf" {T} RINGING {W}", None, handler_msn_cal),
    (S, "IRO", "2-20",   0, SB, True,  rf" {T} \d+ \d+ {A}{REST}", None, handler_msn_iro),
    (S, "JOI", "2-20",   0, SB, True,  rf" {A} [^ ]*(?: [\d:]+)?", None, handler_msn_joi),
    (C, "BYE", "2-20",   0, SB, False, rf" {T} {A}", None, handler_msn_bye),
    (S, "BYE", "2-20",   0, SB, False, rf" {A}(?: \d)?", None, handler_msn_bye),
    (C, "MSG", "2-21",   4, SB, True,  rf" {T} [UNADS] {N}", MIME, handler_msn_msg),
    (S, "MSG", "2-21",   4, None, True, rf" (?:{A} [^ ]*|Hotmail Hotmail) {N}", MIME, handler_msn_msg),
    (S, "ACK", "2-20",   0, SB, False, rf" {T}", None, handler_msn_ack),
    (S, "NAK", "2-20",   0, SB, False, rf" {T}", None, handler_msn_ack),
    # --- numeric replies (4.5): with three tokens a payload follows
    (S, "NNN", "2-21",   3, None, False, rf" {T}(?: {N})?", None, handler_msn_error),
)
# fmt: on

COMMANDS: dict[tuple[bool, bytes], Command] = {(row[0], row[1].encode()): Command(row) for row in _ROWS}

SHAPES: dict[bool, Shapes] = {
    side: Shapes({name: command for (of, name), command in reversed(COMMANDS.items()) if of is side})
    for side in (C, S)
}
"""The same for the framers. The rows of conversations, which are last, have the first places: a switchboard's
session counts by place."""
