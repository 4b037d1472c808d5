"""What all that a register does has in common: the person's roles first, then the work, then the log's entry.

All three are one transaction: no entry, no work. What is refused is an entry too, and is raised on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection

from rcds_sniffer.orders.states import NotPossible
from rcds_sniffer.register.errors import NotPermitted, RegisterError
from rcds_sniffer.register.head import HeadFile
from rcds_sniffer.register.roles import ACTIONS, permits, who_may
from rcds_sniffer.register.session import Scribe, Session
from rcds_sniffer.register.shelf import Shelf
from rcds_sniffer.register.staff import Staff
from rcds_sniffer.secrecy.keyring import Keyring
from rcds_sniffer.secrecy.keys import MasterKey
from rcds_sniffer.store.errors import explained

Result = TypeVar("Result")


class Acts:
    """A person before an open database of orders."""

    def __init__(self, session: Session, master: MasterKey, keyring: Keyring, head: HeadFile) -> None:
        self.person = session.person
        """Who asks."""
        self.where = session.where
        """What to call the database in messages."""
        self.keyring = keyring
        self._session = session
        self._shelf = Shelf(master, keyring)
        self._staff = Staff(master)
        self._head = head

    def permit(self, action: str) -> None:
        """Nothing, where one of the person's roles permits ``action``; the log then has no entry yet.

        Raises:
            NotPermitted: none does; that is an entry.
        """
        with self._looking(action):
            pass

    def _do(self, action: str, work: Callable[[Connection, Scribe], Result], *, liid: str | None = None) -> Result:
        """What ``work`` gives, where the person may do ``action``; it writes its entry itself."""

        def checked(connection: Connection, scribe: Scribe) -> Result:
            self._check(connection, action)
            return work(connection, scribe)

        try:
            return self._session.write(checked)
        except (NotPossible, RegisterError) as error:
            self._session.refused(action, error, liid)
            raise

    @contextmanager
    def _looking(self, *actions: str) -> Iterator[Connection]:
        """A transaction for who may do one of ``actions``, which leaves an entry only where they may not."""
        try:
            with explained(self.where), self._session.reading() as connection:
                self._check(connection, *actions)
                yield connection
        except NotPermitted as error:
            self._session.refused(actions[0], error)
            raise

    def _check(self, connection: Connection, *actions: str) -> None:
        roles = self._staff.of(connection, self.person)
        if not any(permits(roles, action) for action in actions):
            raise NotPermitted(not_permitted(self.person, actions[0]))


def not_permitted(person: str, action: str) -> str:
    """Words that help."""
    what = ACTIONS.get(action, "do that")
    roles = who_may(action)
    if not roles:
        return f"{person} may not {what}; nobody may"
    needed = " or ".join(roles)
    return f"{person} may not {what}: that takes the role {needed} ('rcds-sniffer roles grant' gives it)"
