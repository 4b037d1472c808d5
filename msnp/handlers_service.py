# cython: annotation_typing=False
"""Handlers: what a client asks a notification server for beside talk: policies, pages, searches (reference 4.1)."""

from msnp.frames import Frame
from msnp.state import State


def handler_msn_chl(state: State, line: Frame) -> None:
    """CHL."""


def handler_msn_qry(state: State, line: Frame) -> None:
    """QRY."""


def handler_msn_sbs(state: State, line: Frame) -> None:
    """SBS."""


def handler_msn_gcf(state: State, line: Frame) -> None:
    """GCF."""


def handler_msn_url(state: State, line: Frame) -> None:
    """URL."""


def handler_msn_fnd(state: State, line: Frame) -> None:
    """FND."""


def handler_msn_snd(state: State, line: Frame) -> None:
    """SND."""


def handler_msn_sdc(state: State, line: Frame) -> None:
    """SDC."""


def handler_msn_ims(state: State, line: Frame) -> None:
    """IMS."""
