# cython: annotation_typing=False
"""Handlers: the contact list up to MSNP12 (reference 4.3)."""

from msnp.accounts import normalise
from msnp.events import NameChanged
from msnp.frames import Frame, MalformedError
from msnp.handlers_presence import echoed
from msnp.state import State
from msnp.text import decode_name


def handler_msn_syn(state: State, line: Frame) -> None:
    """SYN."""


def handler_msn_lst(state: State, line: Frame) -> None:
    """LST."""


def handler_msn_lsg(state: State, line: Frame) -> None:
    """LSG."""


def handler_msn_adg(state: State, line: Frame) -> None:
    """ADG."""


def handler_msn_rmg(state: State, line: Frame) -> None:
    """RMG."""


def handler_msn_reg(state: State, line: Frame) -> None:
    """REG."""


def handler_msn_add(state: State, line: Frame) -> None:
    """ADD."""


def handler_msn_rem(state: State, line: Frame) -> None:
    """REM."""


def handler_msn_adc(state: State, line: Frame) -> None:
    """ADC."""


def handler_msn_rea(state: State, line: Frame) -> None:
    """REA: the own account renames itself, or a contact in its list (up to MSNP9)."""
    for index in range(2, min(4, len(line.tokens) - 1)):
        if (account := normalise(line.tokens[index])) is not None:
            name = decode_name(line.tokens[index + 1])
            break
    else:
        raise MalformedError("no account")
    if echoed(state, line, (account, name)):
        return
    if state.is_own(account):
        state.learn_name(name)
    state.emit(
        NameChanged(
            mark=line.mark,
            from_client=line.from_client,
            account=None if state.is_own(account) else account,
            name=name,
        )
    )


def handler_msn_blp(state: State, line: Frame) -> None:
    """BLP."""


def handler_msn_gtc(state: State, line: Frame) -> None:
    """GTC."""
