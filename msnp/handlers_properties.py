# cython: annotation_typing=False
"""Handlers: telephone numbers and names, the own and contacts' (reference 4.3)."""

from msnp.events import NameChanged
from msnp.frames import Frame
from msnp.handlers_presence import echoed
from msnp.state import State
from msnp.text import decode_name


def handler_msn_prp(state: State, line: Frame) -> None:
    """PRP MFN: the own display name (from MSNP10 on; the other properties are phone numbers)."""
    if b"MFN" not in line.tokens[1:4]:
        return
    index = line.tokens.index(b"MFN", 1)
    name = decode_name(line.tokens[index + 1]) if len(line.tokens) > index + 1 else ""
    repeated = index > 1 and echoed(state, line, name)
    if repeated or not name or name == state.name:
        return
    state.learn_name(name)
    state.emit(NameChanged(mark=line.mark, from_client=line.from_client, account=None, name=name))


def handler_msn_bpr(state: State, line: Frame) -> None:
    """BPR."""


def handler_msn_sbp(state: State, line: Frame) -> None:
    """SBP."""
