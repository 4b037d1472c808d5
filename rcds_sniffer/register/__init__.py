"""The register of interception orders: who may do what, what they did, and the orders themselves in the database.

:func:`open_register` gives a :class:`Register`; everything that is done with an order goes through it, and leaves
an entry in a log that nobody can change without its showing (:mod:`rcds_sniffer.register.audit`).
"""

from rcds_sniffer.register.audit import Finding, Head
from rcds_sniffer.register.errors import NotPermitted, RegisterError
from rcds_sniffer.register.opening import is_database_of_orders, open_register
from rcds_sniffer.register.person import current_person
from rcds_sniffer.register.register import Register
from rcds_sniffer.register.roles import ROLES

__all__ = [
    "ROLES",
    "Finding",
    "Head",
    "NotPermitted",
    "Register",
    "RegisterError",
    "current_person",
    "is_database_of_orders",
    "open_register",
]
