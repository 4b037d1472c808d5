"""The register: takes what somebody wants done with orders, staff or the log; does it, or refuses, and logs it.

Every call looks up the person's roles, does its work and appends the log's entry in one transaction: no entry, no
work. :mod:`~rcds_sniffer.register.over_orders`, :mod:`~rcds_sniffer.register.over_staff` and
:mod:`~rcds_sniffer.register.over_log` have the calls.
"""

from types import TracebackType
from typing import Self

from rcds_sniffer.register.over_log import OverLog
from rcds_sniffer.register.over_orders import OverOrders
from rcds_sniffer.register.over_staff import OverStaff


class Register(OverOrders, OverStaff, OverLog):
    """An open database of orders. Close it, or use it as a context manager.

    :func:`rcds_sniffer.register.open_register` makes it. Every method raises NotPermitted or another RegisterError,
    SecrecyError where a key is missing or something sealed was changed, and StoreError where the database fails;
    those that change an order raise NotPossible where its state does not allow it.
    """

    def close(self) -> None:
        """Ends the connections."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
