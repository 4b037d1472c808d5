"""Interception orders, and who is recorded because of them.

An :class:`Order` is what an agency was granted: whom, from when to when, how much. What an approved one lets a
sensor do is an ``Acting``; the sensor asks a :class:`Warrant` made of these (or of the command line's accounts)
before anything is stored, logged or exported, and nobody else decides. Nothing here reads a database or a key.
"""

from rcds_sniffer.orders.order import Identity, Order, Scope, State, Step, Terms
from rcds_sniffer.orders.warrant import Everybody, Grant, NamedTargets, Period, Warrant

__all__ = [
    "Everybody",
    "Grant",
    "Identity",
    "NamedTargets",
    "Order",
    "Period",
    "Scope",
    "State",
    "Step",
    "Terms",
    "Warrant",
]
