"""What is done with staff: roles are given, taken, and shown. The first administrator is who makes the database."""

from sqlalchemy import Connection

from rcds_sniffer.register import log
from rcds_sniffer.register.acts import Acts
from rcds_sniffer.register.errors import RegisterError
from rcds_sniffer.register.roles import ROLES
from rcds_sniffer.register.session import Scribe
from rcds_sniffer.register.staff import name_of_person


class OverStaff(Acts):
    """The part of a register that staff is in."""

    def init(self) -> None:
        """Makes this a database of orders, and who asks its first administrator."""

        def work(connection: Connection, scribe: Scribe) -> None:
            if log.latest(connection):
                raise RegisterError(f"{self.where}: is a database of orders already")
            log.refuse_plain_records(connection, self.where)
            self._write_roles(connection, scribe, "init", self.person, frozenset({"administrator"}))

        self._session.write(work)

    def grant(self, person: str, role: str) -> frozenset[str]:
        """Gives ``person``, a user's name, a role; returns all the roles they have now."""
        return self._set_roles("grant", person, role)

    def withdraw(self, person: str, role: str) -> frozenset[str]:
        """Takes a role from ``person``; returns those that are left. The last administrator stays one."""
        return self._set_roles("withdraw", person, role)

    def roles(self) -> dict[str, frozenset[str]]:
        """Who has which roles."""

        def work(connection: Connection, scribe: Scribe) -> dict[str, frozenset[str]]:
            found = self._staff.all(connection)
            scribe.write("staff", details={"persons": len(found)})
            return found

        return self._do("staff", work)

    def _set_roles(self, action: str, person: str, role: str) -> frozenset[str]:
        def work(connection: Connection, scribe: Scribe) -> frozenset[str]:
            everybody = self._staff.all(connection)
            old = everybody.get(person, frozenset())
            if (role in old) is (action == "grant"):
                raise RegisterError(f"{person} is {role} already" if role in old else f"{person} is no {role}")
            new = old | {role} if action == "grant" else old - {role}
            others = [name for name, roles in everybody.items() if name != person and "administrator" in roles]
            if "administrator" in old - new and not others:
                raise RegisterError(f"{person} is the last administrator; grant that role to somebody else first")
            self._write_roles(connection, scribe, action, person, new)
            return new

        if role not in ROLES:
            raise RegisterError(f"there is no role {role}; there are {', '.join(ROLES)}")
        if not name_of_person(person):
            raise RegisterError("a person is named as the system names its user, as in 'alice'")
        return self._do(action, work)

    def _write_roles(
        self, connection: Connection, scribe: Scribe, action: str, person: str, roles: frozenset[str]
    ) -> None:
        sha256 = self._staff.put(connection, person, roles)
        scribe.write(action, details={"person": person, "roles": sorted(roles), "sha256": sha256})
