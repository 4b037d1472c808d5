"""A conversation of a client with a server over one connection, as two clocks.

Takes commands; gives the writes, each at the time at which that side could have written it: a server answers what
has reached it, a client goes on when the answer has reached it.
"""

from .tcp import MICROSECOND, MILLISECOND, Connection, Write

DISPATCH, NOTIFICATION = ("198.51.100.10", 1863), ("198.51.100.20", 1863)
SERVER_TIME = 1 * MILLISECOND
CLIENT_TIME = 4 * MILLISECOND


class Talk:
    """One connection and how far each side has come."""

    def __init__(self, connection: Connection, time: int) -> None:
        self.connection = connection
        self.client_time = time
        self.server_time = time
        self.transaction = 0

    def begins(self, time: int) -> None:
        """Both sides have been idle until then."""
        self.client_time = max(self.client_time, time)
        self.server_time = max(self.server_time, time)

    def number(self) -> int:
        """The next transaction id."""
        self.transaction += 1
        return self.transaction

    def asks(self, octets: bytes, *, at: int | None = None) -> Write:
        """The client sends; ``at`` overrides what it has been waiting for (two people speak at once)."""
        write = self.connection.from_client(self.client_time if at is None else at, octets)
        self.client_time = max(self.client_time, write.time + 50 * MICROSECOND)
        self.server_time = max(self.server_time, write.arrival + SERVER_TIME)
        return write

    def answers(self, octets: bytes) -> Write:
        """The server sends."""
        write = self.connection.from_server(self.server_time, octets)
        self.server_time += 50 * MICROSECOND
        self.client_time = max(self.client_time, write.arrival + CLIENT_TIME)
        return write
