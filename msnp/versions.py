"""The version of a connection whose VER was not seen, from what was only said in some (reference 2.6, 3 and 4).

Each piece of evidence leaves a set of versions, and the sets are cut with each other. Only where a single version
is left is it told, as inferred; pieces that contradict each other prove that somebody does not keep to the
documents, and then nothing is ever told. That something is absent is no evidence: clients and servers of third
parties leave much out.
"""

import re

from msnp.events import ProfileLearnt, VersionAgreed
from msnp.frames import Frame
from msnp.state import State

_A = rb"(?:[^ @:]+@[^ ]+|tel:[^ ]+)"
_PREFIXED = rb"\d{1,2}:\S+"
_GUID = rb"[0-9A-Fa-f]{8}-[0-9A-Fa-f-]{27}"
_STATUS = rb"(?:ILN \d+|NLN) [A-Z]{3}"
_REFERRAL = rb"(?:XFR \d+ SB \S+ \S+ \S+|RNG \S+ \S+ \S+ \S+ \S+ \S+) U \S+"

# fmt: off
_ROWS: tuple[tuple[str, bytes | None, int, int], ...] = (
    # commands, form (None: any; it must match to the line's end), first and last version
    ("SYN GTC REM",     None,                                              2, 12),
    ("SYN",             rb"SYN \d+ \d{4}-\d\d-\d\dT.*",                    10, 12),
    ("LSG ADG RMG REG", None,                                              7, 12),
    ("LSG",             rb"LSG \d+ \d+ \d+ \d+ \d+ \S+(?: \d+)?",          7, 7),
    ("LSG",             rb"LSG \d+ \S+ \d+",                               8, 9),
    ("LSG",             rb"LSG \S+ " + _GUID,                              10, 12),
    ("LST",             rb"LST \d+ [A-Z]{2} .*",                           2, 7),
    ("LST",             rb"LST " + _A + rb" \S+ \d+(?: [\d,]*)?",          8, 9),
    ("LST",             rb"LST N=.*",                                      10, 12),
    ("LST",             rb"LST N=\S+ F=\S* C=\S+ \d+ \d+(?: \S*)?",        12, 12),
    ("ADD REA",         None,                                              2, 9),
    ("ADC SBP",         None,                                              10, 12),
    ("PRP",             rb"PRP (?:\d+ )*MFN .*",                           10, 21),
    ("CHL QRY",         None,                                              6, 21),
    ("QNG",             rb"QNG \d+",                                       9, 21),
    ("CHG",             rb"CHG \d+ [A-Z]{3} \d+(?::\d+)?(?: .*)?",         8, 20),
    ("CHG",             rb"CHG \d+ [A-Z]{3} \d+ %3[Cc].*",                 9, 20),
    ("CHG",             rb"CHG \d+ [A-Z]{3} \d+:\d+(?: .*)?",              16, 20),
    ("ILN",             None,                                              2, 17),
    ("NLN",             None,                                              2, 20),
    ("ILN NLN",         _STATUS + rb" " + _A + rb" \S+ \d+ %3[Cc]\S+",     9, 13),
    ("ILN NLN",         _STATUS + rb" " + _A + rb" \d{1,2} \S* \d+ \S+(?: \S+)?", 14, 17),
    ("ILN NLN",         _STATUS + rb" " + _A + rb" \d{1,2} \S* \d+:\d+(?: .*)?",  16, 17),
    ("ILN NLN",         _STATUS + rb" " + _PREFIXED + rb" .*",             16, 20),
    ("FLN",             rb"FLN " + _PREFIXED + rb".*",                     16, 20),
    ("FLN",             rb"FLN " + _A + rb" \d{1,2}(?: \S+)?",             14, 17),
    ("UUX SBS",         None,                                              11, 21),
    ("UBX",             rb"UBX [^ :;]+@[^ ;]+ \d+",                        11, 13),
    ("UBX",             rb"UBX " + _A + rb" \d{1,2} \d+",                  14, 17),
    ("UBX",             rb"UBX " + _PREFIXED + rb" \d+",                   16, 21),
    ("GCF",             rb"GCF \d+ [^ ]*[A-Za-z.][^ ]* \d+",               11, 12),
    ("GCF",             rb"GCF 0 \d+",                                     13, 21),
    ("ADL RML UBN",     None,                                              13, 21),
    ("XFR RNG",         _REFERRAL + rb"(?: \S+)?",                         13, 20),
    ("XFR RNG",         _REFERRAL + rb" [01]",                             14, 20),
    ("UBM",             None,                                              14, 21),
    ("PUT NFY SDG",     None,                                              18, 21),
)
# fmt: on
_PERSON = rb"1:[^;\r\n]*(?:;(?:epid|path)=[^;\r\n]*)*\r\n"
_PERSONAL = re.compile(rb"Routing: 1\.0\r\nTo: " + _PERSON + rb"From: " + _PERSON)
"""A text from one person to another in an SDG: only MSNP21, which has no switchboard; before, SDG is for groups."""


def versions(first: int, last: int) -> int:
    """A set of versions: bit n stands for MSNPn."""
    return (1 << (last + 1)) - (1 << first)


_EVIDENCE: dict[bytes, list[tuple[re.Pattern[bytes] | bytes | None, int]]] = {}
for _names, _form, _first, _last in _ROWS:
    for _name in _names.encode().split():
        _EVIDENCE.setdefault(_name, []).append((_form, versions(_first, _last)))


def weigh(state: State, evidence: int) -> None:
    """Cut what is possible with ``evidence``, a set of versions, and conclude nothing yet: VER may be answered."""
    state.possible &= evidence


def learn_version(state: State, line: Frame) -> None:
    """Weigh a command that follows the login, where the version is not known; tell it if it has become certain."""
    evidence = _EVIDENCE.get(line.name)
    possible = state.possible
    if evidence is not None and possible:
        octets = b" ".join(line.tokens).rstrip(b" ")
        for form, left in evidence:
            if form is None or re.fullmatch(form, octets):
                possible &= left
        if line.name == b"SDG" and line.payload and line.payload.pieces:
            offset, head = line.payload.pieces[0]
            if offset == 0 and _PERSONAL.match(head):
                possible &= versions(21, 21)
        state.possible = possible
    if possible and possible & (possible - 1) == 0:
        state.version = possible.bit_length() - 1
        state.emit(
            VersionAgreed(mark=line.mark, from_client=line.from_client, version=state.version, inferred=True)
        )
        state.emit(
            ProfileLearnt(
                mark=line.mark,
                from_client=line.from_client,
                details={"protocol_version": f"MSNP{state.version}"},
                inferred=True,
            )
        )
