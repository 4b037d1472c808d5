"""Staff in the database: who has which role. A row a person, sealed under the master key and bound to the name."""

import json

from sqlalchemy import Connection, delete, insert, select

from rcds_sniffer.register.person import MAX_PERSON
from rcds_sniffer.register.shelf import digest
from rcds_sniffer.secrecy.keys import MasterKey
from rcds_sniffer.store.schema import staff


def name_of_person(person: str) -> bool:
    """True for what can be a user's name in the table: visible characters, and not too many."""
    return 0 < len(person) <= MAX_PERSON and person.isprintable() and not any(map(str.isspace, person))


class Staff:
    """The table of staff."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master

    def all(self, connection: Connection) -> dict[str, frozenset[str]]:
        """Each person's roles, by name."""
        found = connection.execute(select(staff)).all()
        return {person: self._roles(person, bytes(sealed)) for person, sealed in sorted(found)}

    def of(self, connection: Connection, person: str) -> frozenset[str]:
        """The roles of ``person``; none for who has no row."""
        sealed = connection.execute(select(staff.c.sealed).where(staff.c.person == person)).scalar()
        return frozenset() if sealed is None else self._roles(person, bytes(sealed))

    def put(self, connection: Connection, person: str, roles: frozenset[str]) -> str | None:
        """Gives ``person`` these roles and no others; the digest of what is sealed, None where the row is gone."""
        connection.execute(delete(staff).where(staff.c.person == person))
        if not roles:
            return None
        sealed = self._master.seal(json.dumps(sorted(roles)).encode("ascii"), _about(person))
        connection.execute(insert(staff), {"person": person, "sealed": sealed})
        return digest(sealed)

    def _roles(self, person: str, sealed: bytes) -> frozenset[str]:
        return frozenset(json.loads(self._master.open(sealed, _about(person))))


def _about(person: str) -> str:
    return f"staff/{person}"
