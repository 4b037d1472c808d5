"""Orders in the database: sealed versions in, :class:`~rcds_sniffer.orders.order.Order` out.

A version is sealed under its order's key, and says in what it is sealed *about* which order and version it is, so
that none can stand in another's place. The last version of a destroyed order is sealed under the master key.
"""

import hashlib
from typing import Final

from sqlalchemy import Connection, func, insert, select

from rcds_sniffer.orders.order import Order, State
from rcds_sniffer.register.errors import RegisterError
from rcds_sniffer.register.order_form import pack, remains, unpack
from rcds_sniffer.secrecy.keyring import KeyDestroyed, Keyring
from rcds_sniffer.secrecy.keys import MasterKey
from rcds_sniffer.store.schema import orders

BY_KEY: Final = b"\x01"
"""First octet of what is sealed under the order's own key."""

BY_MASTER: Final = b"\x02"
"""First octet of what is sealed under the master key."""


def digest(sealed: bytes) -> str:
    """By which the log speaks of what is sealed: SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(sealed).hexdigest()


class Shelf:
    """All orders, each in its newest version."""

    def __init__(self, master: MasterKey, keyring: Keyring) -> None:
        self._master = master
        self._keyring = keyring
        self._read: dict[str, tuple[int, bytes, Order]] = {}
        """By reference: version, as sealed, and read. Versions do not change."""

    def all(self, connection: Connection) -> list[Order]:
        """Every order, by LIID; destroyed ones too.

        Raises:
            RegisterError: one cannot be read.
        """
        newest = func.max(orders.c.version).label("version")
        held = select(orders.c.reference, newest).group_by(orders.c.reference).subquery()
        same = (orders.c.reference == held.c.reference) & (orders.c.version == held.c.version)
        found = connection.execute(select(orders).join(held, same)).all()
        there = [self._order(reference, version, bytes(sealed)) for reference, version, sealed in found]
        return sorted(there, key=lambda order: (order.terms.liid, order.reference))

    def holds(self, connection: Connection, reference: str) -> bool:
        """True when there is a version of ``reference``."""
        question = select(orders.c.version).where(orders.c.reference == reference).limit(1)
        return connection.execute(question).first() is not None

    def liid(self, connection: Connection, reference: str) -> str | None:
        """The LIID of ``reference``; None where there is no such order."""
        question = select(orders).where(orders.c.reference == reference).order_by(orders.c.version.desc()).limit(1)
        found = connection.execute(question).first()
        return None if found is None else self._order(reference, found.version, bytes(found.sealed)).terms.liid

    def put(self, connection: Connection, order: Order) -> dict[str, object]:
        """Adds ``order`` as its newest version; what the log is to say of it."""
        column = orders.c.version
        before = connection.execute(select(func.max(column)).where(orders.c.reference == order.reference)).scalar()
        version = (before or 0) + 1
        about = _about(order.reference, version)
        if order.state is State.DESTROYED:
            sealed = BY_MASTER + self._master.seal(pack(remains(order)), about)
        else:
            sealed = BY_KEY + self._keyring.key(order.reference).seal(pack(order), about)
        row = {"reference": order.reference, "version": version, "sealed": sealed}
        connection.execute(insert(orders), row)
        return {"version": version, "sha256": digest(sealed)}

    def _order(self, reference: str, version: int, sealed: bytes) -> Order:
        known = self._read.get(reference)
        if known is not None and known[:2] == (version, sealed):
            return known[2]
        about = _about(reference, version)
        try:
            key = self._master if sealed[:1] == BY_MASTER else self._keyring.key(reference)
            order = unpack(reference, key.open(sealed[1:], about))
        except KeyDestroyed:
            raise RegisterError(f"order {reference}: its key is not in the keyring; put back a copy") from None
        except ValueError as error:
            raise RegisterError(f"order {reference}: {error}; update the program") from None
        self._read[reference] = version, sealed, order
        return order


def _about(reference: str, version: int) -> str:
    return f"orders/{reference}/{version}"
