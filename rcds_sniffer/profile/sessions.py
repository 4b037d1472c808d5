"""When the target was signed in, and with which status: spans from what begins them to what ends them.

A session is a notification connection: from the sign-in, or, where that was missed, from the first record of it, to
the sign-out. Several may be open at a time (MSNP16 and later: one account at several places). A status lasts until
the next one, or until the last open session ends. What nobody saw end has no end.
"""

from rcds_sniffer.profile.fact import Fact, Spans, chosen, word
from rcds_sniffer.records.record import CommunicationRecord

MAX_SESSIONS = 10_000
MAX_OPEN = 1_000
"""Sessions that are open at a time; where one more begins, the oldest is taken to have no known end."""
MAX_STATUSES = 50_000

FIRST_MINUTE = 60 * 1_000_000_000
"""So long after a connection's first record its sign-in still belongs to it, ns; later its port is used again."""

OWN = "own"
"""The one subject of the statuses."""


class Sessions:
    """The target's sessions and statuses."""

    def __init__(self) -> None:
        self.all: list[Fact] = []
        self.full = False
        self.statuses = Spans(MAX_STATUSES)
        self._open: dict[tuple[str, str], Fact] = {}

    def login(self, record: CommunicationRecord) -> None:
        """The server accepted a sign-in."""
        fact = self._open.get(_connection(record))
        if fact is None or fact.values["login"] or record.time - fact.first > FIRST_MINUTE:
            fact = self._begin(record)
        else:
            fact.seen(record)
        fact.values["login"] = True
        fact.values.update(chosen(record.details or {}, "client", "client_version", "machine_id"))

    def sign(self, record: CommunicationRecord) -> None:
        """Something else of a notification connection: it is open."""
        fact = self._open.get(_connection(record))
        if fact is None:
            self._begin(record)
        else:
            fact.seen(record)

    def status(self, record: CommunicationRecord, status: str) -> None:
        """The target's status from now on."""
        self.statuses.say(record, OWN, {"status": status})

    def refuse(self, record: CommunicationRecord) -> None:
        """The server refused the status that was just asked for."""
        self.statuses.refuse(OWN, record.time)

    def logout(self, record: CommunicationRecord) -> None:
        """A session ended."""
        fact = self._open.pop(_connection(record), None)
        if fact is not None:
            fact.seen(record)
            fact.end(record.time)
            if (reason := word((record.details or {}).get("reason"))) is not None:
                fact.values["reason"] = reason
        if not self._open:
            self.statuses.end(OWN, record.time)

    def _begin(self, record: CommunicationRecord) -> Fact:
        where = {"address": record.client, "server": record.server, "protocol_version": record.protocol_version}
        values: dict[str, object] = {"login": False} | chosen(where, *where)
        fact = Fact(record, values)
        self._open.pop(_connection(record), None)
        if len(self._open) >= MAX_OPEN:
            del self._open[next(iter(self._open))]
        self._open[_connection(record)] = fact
        if len(self.all) < MAX_SESSIONS:
            self.all.append(fact)
        else:
            self.full = True
        return fact


def _connection(record: CommunicationRecord) -> tuple[str, str]:
    return record.client or "", record.server
