"""What is done with orders: enter, approve, modify, revoke, destroy; see, export; and what sensors ask for.

An order is sealed under its own key, which the keyring holds and the database never sees; each change adds a
version and takes none away. Whether its state allows a change, and whether the person is a second one, is
:mod:`rcds_sniffer.orders.states`'s to say.
"""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from rcds_sniffer.orders.acting import Acting, acting
from rcds_sniffer.orders.order import Order, State, Step, Terms
from rcds_sniffer.orders.states import after
from rcds_sniffer.register.acts import Acts
from rcds_sniffer.register.errors import RegisterError
from rcds_sniffer.register.session import Scribe

WITH_ORDERS: Final = ("run", "read", "export")
"""Who does one of these needs the references of all orders."""


class OverOrders(Acts):
    """The part of a register that orders are in."""

    def enter(self, terms: Terms) -> Order:
        """A new order, which acts on nothing until somebody else approves it."""
        return self.import_([terms])[0]

    def import_(self, many: Sequence[Terms]) -> list[Order]:
        """New orders: all of them, or none. Raises RegisterError where one's LIID is taken."""

        def work(connection: Connection, scribe: Scribe) -> list[Order]:
            there = self._shelf.all(connection)
            taken = {order.terms.liid for order in there if order.state is not State.DESTROYED}
            out = []
            for terms, reference in zip(many, references, strict=True):
                if terms.liid in taken:
                    raise RegisterError(f"there is an order with the LIID {terms.liid} already; modify that one")
                taken.add(terms.liid)
                step = Step("enter", self.person, scribe.time)
                order = Order(reference, State.ENTERED, terms, None, (step,))
                scribe.write("enter", reference, terms.liid, self._shelf.put(connection, order))
                out.append(order)
            return out

        if not many:
            return []
        self.permit("enter")  # before a key is made
        references = [secrets.token_hex(16) for _ in many]
        try:
            for reference in references:
                self.keyring.create(reference)
            return self._do("enter", work, liid=many[0].liid)
        except BaseException:
            self._forget_unused(references)
            raise

    def _forget_unused(self, references: Sequence[str]) -> None:
        """Destroys the keys of orders that were not entered after all; of those that may have been, none."""
        with suppress(SQLAlchemyError), self._session.reading() as connection:
            for reference in references:
                if not self._shelf.holds(connection, reference):
                    self.keyring.destroy(reference)

    def approve(self, liid: str) -> Order:
        """It acts from now on, or its changed terms do; who entered or changed them cannot."""
        return self._change("approve", liid)

    def modify(self, liid: str, terms: Terms) -> Order:
        """Proposes other terms; those approved act until somebody else approves these."""
        if terms.liid != liid:
            raise RegisterError("an order keeps its LIID; enter a new order instead")
        return self._change("modify", liid, terms)

    def revoke(self, liid: str) -> Order:
        """It acts on nothing from now on."""
        return self._change("revoke", liid)

    def destroy(self, liid: str) -> Order:
        """Destroys its key: nobody can read it or its records any more. Gives its LIID and history."""
        order = self._change("destroy", liid)
        self.keyring.destroy(order.reference)
        return order

    def order(self, liid: str) -> Order:
        """The order with this LIID; of several, the one that is not destroyed."""

        def work(connection: Connection, scribe: Scribe) -> Order:
            order = self._find(connection, liid)
            scribe.write("list", order.reference, liid)
            return order

        return self._do("list", work, liid=liid)

    def orders(self) -> list[Order]:
        """Every order by LIID; of a destroyed one LIID and history are left."""

        def work(connection: Connection, scribe: Scribe) -> list[Order]:
            found = self._shelf.all(connection)
            scribe.write("list", details={"orders": len(found)})
            return found

        return self._do("list", work)

    def export(self, liid: str) -> Order:
        """The order, to be taken out of the database."""

        def work(connection: Connection, scribe: Scribe) -> Order:
            order = self._find(connection, liid)
            scribe.write("export", order.reference, liid)
            return order

        return self._do("export", work, liid=liid)

    def acting(self) -> list[Acting]:
        """What approved orders let a sensor do, expired ones too; for who may ``run``. Asked often, so no entry."""
        with self._looking("run") as connection:
            found = [acting(order) for order in self._shelf.all(connection)]
        return [one for one in found if one is not None]

    def references(self) -> dict[str, str]:
        """The reference of each order that is not destroyed, by LIID; for who runs, reads or exports. No entry."""
        with self._looking(*WITH_ORDERS) as connection:
            found = self._shelf.all(connection)
        return {order.terms.liid: order.reference for order in found if order.state is not State.DESTROYED}

    def _change(self, action: str, liid: str, terms: Terms | None = None) -> Order:
        def work(connection: Connection, scribe: Scribe) -> Order:
            old = self._find(connection, liid)
            if action == "destroy" and old.state is State.DESTROYED:
                scribe.write(action, old.reference, liid, {"again": True})  # the key may have outlived the first
                return old
            order = after(old, action, self.person, scribe.time, terms)
            scribe.write(action, order.reference, liid, self._shelf.put(connection, order))
            return order

        return self._do(action, work, liid=liid)

    def _find(self, connection: Connection, liid: str) -> Order:
        found = [order for order in self._shelf.all(connection) if order.terms.liid == liid]
        for order in found:
            if order.state is not State.DESTROYED:
                return order
        if found:
            return max(found, key=lambda order: order.history[-1].time)
        raise RegisterError("no order has this LIID; 'rcds-sniffer orders list' shows those there are")
