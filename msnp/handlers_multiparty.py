# cython: annotation_typing=False
"""Handlers: circles from MSNP18 on, and all of MSNP21 (reference 8.1 and 8.2)."""

from msnp.frames import Frame
from msnp.state import State


def handler_msn_put(state: State, line: Frame) -> None:
    """PUT."""


def handler_msn_del(state: State, line: Frame) -> None:
    """DEL."""


def handler_msn_nfy(state: State, line: Frame) -> None:
    """NFY."""


def handler_msn_sdg(state: State, line: Frame) -> None:
    """SDG."""
