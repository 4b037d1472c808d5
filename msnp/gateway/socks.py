"""One TCP connection to a SOCKS proxy: its preamble, and the plain stream behind it.

Takes the octets of both directions; gives what follows an accepted request, both ways and to the octet, to a
decoder made for it. What the client sends before the proxy has agreed waits, in bounded memory. A refused request,
one for something else than a connection, and what is no SOCKS at all tell nothing. A preamble is forgotten, users
and passwords with it, as soon as it is complete.

The proxy may be heard before the client, as one side's segments may be late: then the client's preamble is still
read, and only the server's name is not told.

Where a preamble has a gap it is given up, for its direction alone. The proxy's octets behind such a gap are taken
for the stream's, in mid-stream: had it refused, there would be none. The client's too, once the proxy has agreed or
was never heard; until then they may still be a password, and are passed over. A decoder of MSNP skips what is left
of a preamble to the first command.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal

from msnp.gateway.held import Held
from msnp.gateway.preambles import MAX_PREAMBLE, NoSocksError, RefusedError, Wanted, read_client, read_proxy
from msnp.gateway.streams import Opened, OpenPlain, Stream
from msnp.mark import Mark


class _Said(Enum):
    NOTHING = "nothing yet, or not all"
    ALL = "its preamble"
    LOST = "something that was missed"


class SocksLine:
    """Decodes one connection; which side is the client has to be certain."""

    __slots__ = ("_begun", "_client", "_ended", "_held", "_open_plain", "_plain", "_proxy", "_wanted", "foreign")

    def __init__(self, open_plain: OpenPlain) -> None:
        self.foreign = False
        """Refused, or no SOCKS: nothing more will be told."""
        self._open_plain = open_plain
        self._begun = [b"", b""]  # of each side's preamble what is here: proxy, client
        self._client = _Said.NOTHING
        self._proxy = _Said.NOTHING
        self._wanted: Wanted | None = None
        self._held = Held()
        self._plain: Stream | None = None
        self._ended = False

    @property
    def concerned(self) -> bool:
        """The proxy was asked for a connection."""
        return self._plain is not None

    def analyze_packet(self, from_client: bool, octets: bytes, mark: Mark) -> None:
        """Take the next octets of one side; ``mark`` is that of the first of them."""
        if self.foreign or self._ended or not octets:
            return
        plain = self._plain
        if plain is not None and not (from_client and self._client is _Said.NOTHING):
            plain.analyze_packet(from_client, octets, mark)
            return
        try:
            if from_client:
                self._hear_client(octets, mark)
            else:
                self._hear_proxy(octets, mark)
        except (NoSocksError, RefusedError):
            if plain is None:
                self._give_up()
            else:
                self._client = _Said.LOST
                plain.gap(True, None, mark)
                plain.analyze_packet(True, octets, mark)

    def gap(self, from_client: bool, length: int | None, mark: Mark) -> None:
        """Octets of one side are missing, None: nobody knows how many; ``mark`` is of the first behind them."""
        if self.foreign or self._ended:
            return
        if self._plain is not None:
            if from_client and self._client is _Said.NOTHING:
                self._client, length = _Said.LOST, None
            self._plain.gap(from_client, length, mark)
        elif not from_client:
            self._proxy = _Said.LOST
            self._begun[False] = b""
        elif self._client is _Said.ALL:
            self._held.add(None, length, mark)
        else:
            self._client = _Said.LOST
            self._begun[True] = b""

    def end(self, mark: Mark, *, closed: bool = True) -> None:
        """Nothing more will come: the connection was ``closed``, or it is only followed no longer."""
        if self._ended:
            return
        if self._plain is None and not self.foreign and self._held.first and not self._begun[False]:
            self._open(mark).gap(False, None, mark)  # only the client was heard
        self._ended = True
        if self._plain is not None:
            self._plain.end(mark, closed=closed)

    # --- preambles ------------------------------------------------------------------------------------------

    def _hear_client(self, octets: bytes, mark: Mark) -> None:
        if self._client is _Said.LOST:
            if self._begun[False]:
                return  # the proxy is still at its preamble
            self._open(mark).analyze_packet(True, octets, mark)
            return
        if self._client is _Said.NOTHING:
            before = len(self._begun[True])
            begun = self._begun[True] + octets[: MAX_PREAMBLE + 1 - before]
            self._wanted = read_client(begun)
            if self._wanted is None:
                if len(begun) > MAX_PREAMBLE:
                    raise NoSocksError
                self._begun[True] = begun
                return
            self._begun[True] = b""
            self._client = _Said.ALL
            at = self._wanted.octets - before
            octets, mark = octets[at:], mark.after(at)
        if octets and self._plain is not None:
            self._plain.analyze_packet(True, octets, mark)
        elif octets:
            self._held.add(octets, None, mark)
            if self._held.full:
                self._open(mark).gap(False, None, mark)

    def _hear_proxy(self, octets: bytes, mark: Mark) -> None:
        if self._proxy is _Said.LOST:
            stream = self._open(mark)
            stream.gap(False, None, mark)
            stream.analyze_packet(False, octets, mark)
            return
        before = len(self._begun[False])
        begun = self._begun[False] + octets[:MAX_PREAMBLE]
        taken = read_proxy(begun)
        if taken is None:
            self._begun[False] = begun
            return
        self._begun[False] = b""
        self._proxy = _Said.ALL
        stream = self._open(mark)
        at = taken - before
        if at < len(octets):
            stream.analyze_packet(False, octets[at:], mark.after(at))

    # --- the stream -----------------------------------------------------------------------------------------

    def _open(self, mark: Mark) -> Stream:
        """The way is open."""
        wanted = self._wanted
        via: Literal["socks4", "socks5"] = "socks4" if wanted is not None and wanted.version == 4 else "socks5"
        server = None if wanted is None else wanted.server
        stream = self._plain = self._open_plain(Opened(None, server, via))
        if self._client is _Said.LOST:
            stream.gap(True, None, mark)
        else:
            self._held.release(stream)
        return stream

    def _give_up(self) -> None:
        self.foreign = True
        self._begun = [b"", b""]
        self._held.take()
