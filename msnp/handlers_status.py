# cython: annotation_typing=False
"""Handlers: personal messages, endpoints, and what endpoints say to each other (reference 4.4)."""

from msnp.frames import Frame
from msnp.state import State


def handler_msn_uux(state: State, line: Frame) -> None:
    """UUX."""


def handler_msn_ubx(state: State, line: Frame) -> None:
    """UBX."""


def handler_msn_uun(state: State, line: Frame) -> None:
    """UUN."""


def handler_msn_ubn(state: State, line: Frame) -> None:
    """UBN."""
