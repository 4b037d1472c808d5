# cython: annotation_typing=False
"""Handlers: notifications, telephones, offline and federated messages (reference 4.4)."""

from msnp.frames import Frame
from msnp.state import State


def handler_msn_not(state: State, line: Frame) -> None:
    """NOT."""


def handler_msn_ipg(state: State, line: Frame) -> None:
    """IPG."""


def handler_msn_pag(state: State, line: Frame) -> None:
    """PAG."""


def handler_msn_pgd(state: State, line: Frame) -> None:
    """PGD."""


def handler_msn_uum(state: State, line: Frame) -> None:
    """UUM."""


def handler_msn_ubm(state: State, line: Frame) -> None:
    """UBM."""
