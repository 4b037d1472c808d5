# cython: annotation_typing=False
"""Handlers: the contact list from MSNP13 on, in XML (reference 4.3)."""

from msnp.frames import Frame
from msnp.state import State


def handler_msn_adl(state: State, line: Frame) -> None:
    """ADL."""


def handler_msn_rml(state: State, line: Frame) -> None:
    """RML."""


def handler_msn_fqy(state: State, line: Frame) -> None:
    """FQY."""
