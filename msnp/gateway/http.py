"""One TCP connection on which HTTP is spoken: to the gateway, to a proxy, or to any web server.

Takes the octets of both directions, as a session of MSNP does. Gives the bodies of gateway requests and their
answers to the tunnels (:mod:`msnp.gateway.exchanges`), and what follows an accepted CONNECT (RFC 9110, 9.3.6) to a
decoder of its own. All else that passes here is counted off and forgotten.

What the client sends behind CONNECT waits until the proxy has answered. Where no answer is seen, the server's first
octets that are no HTTP, the end, or the limit say that it was a yes.
"""

from __future__ import annotations

from msnp.gateway.asked import read_target, server_of
from msnp.gateway.exchanges import Exchanges
from msnp.gateway.heads import NO_HTTP, Head
from msnp.gateway.held import Held
from msnp.gateway.reader import Course, Reader, may_begin
from msnp.gateway.streams import Opened, OpenPlain, Stream
from msnp.gateway.tunnels import Tunnels
from msnp.mark import Mark

MAX_OTHERS = 8
"""Requests of a web server's own (RFC 9112, 3.2.1) that are none for a gateway, before a connection is left alone.
A proxy's name the server (3.2.2), and the next may be for another."""
MAX_OTHERS_OCTETS = 256 * 1024
"""Octets of its answers, before the same."""


class HttpLine:
    """Decodes one connection.

    ``client`` and ``server`` are ``host:port`` (IPv6 in brackets); ``origin`` is handed on, as it is, with each
    tunnel that begins here. Where ``sides_certain`` is False the tap has only guessed which is which, and the first
    message may turn it round: ``swapped`` then says so.
    """

    __slots__ = (
        "_certain",
        "_ended",
        "_exchanges",
        "_held",
        "_open_plain",
        "_others",
        "_others_octets",
        "_plain",
        "_readers",
        "_server",
        "_target",
        "concerned",
        "foreign",
        "recognised",
        "swapped",
    )

    def __init__(  # noqa: PLR0917  # what makes a line; all but the last are always given
        self,
        tunnels: Tunnels,
        open_plain: OpenPlain,
        origin: object,
        client: str,
        server: str,
        sides_certain: bool = True,
    ) -> None:
        self.recognised = False
        """At least one message of HTTP was found."""
        self.swapped = False
        """The side that was taken for the client is the server."""
        self.foreign = False
        """Another protocol has taken over, or it is a web server's: nothing more will be told."""
        self.concerned = False
        """A gateway was asked here, or a proxy for a connection."""
        self._others = 0  # requests for something else, of a server and not of a proxy, …
        self._others_octets = 0  # … and octets of that server's since
        self._open_plain = open_plain
        self._server = server
        self._certain = sides_certain
        self._exchanges = Exchanges(tunnels, origin, _host(client))
        self._readers = Reader(False, self), Reader(True, self)
        self._target = b""  # what CONNECT named last
        self._held: Held | None = None  # behind a CONNECT without answer
        self._plain: Stream | None = None
        self._ended = False

    # --- what comes in ------------------------------------------------------------------------------------

    def analyze_packet(self, from_client: bool, octets: bytes, mark: Mark) -> None:
        """Take the next octets of one side; ``mark`` is that of the first of them."""
        if self.foreign or self._ended or not octets:
            return
        if not self._certain:
            self._look(from_client, octets)
        side = from_client != self.swapped
        if self._plain is not None:
            self._plain.analyze_packet(side, octets, mark)
        elif self._held is None:
            self._hear(side, octets, mark)
            if self._others and not self.concerned:
                self._others_octets += 0 if side else len(octets)
                self.foreign |= self._others > MAX_OTHERS or self._others_octets > MAX_OTHERS_OCTETS
        elif side:
            self._held.add(octets, None, mark)
            if self._held.full:
                self._decide(mark)
        else:
            self._hear_proxy(octets, mark)

    def gap(self, from_client: bool, length: int | None, mark: Mark) -> None:
        """Octets of one side are missing, None: nobody knows how many; ``mark`` is of the first behind them."""
        if self.foreign or self._ended:
            return
        side = from_client != self.swapped
        if self._plain is not None:
            self._plain.gap(side, length, mark)
        elif side and self._held is not None:
            self._held.add(None, length, mark)
        else:
            self._readers[side].gap(length, mark)

    def end(self, mark: Mark, *, closed: bool = True) -> None:
        """Nothing more will come: the connection was ``closed``, or it is only followed no longer.

        Tunnels do not end with it.
        """
        if self._ended:
            return
        self._decide(mark)
        self._ended = True
        self._held = None
        for reader in self._readers:
            reader.end()
        self._exchanges.end(mark)
        if self._plain is not None:
            self._plain.end(mark, closed=closed)

    def _look(self, from_client: bool, octets: bytes) -> None:
        """The first message tells who is the client."""
        if b"\n" not in octets or may_begin(octets, from_client) or not may_begin(octets, not from_client):
            return
        self._certain = self.swapped = True
        self._exchanges.client = _host(self._server)

    def _hear(self, side: bool, octets: bytes, mark: Mark) -> None:
        """Octets of HTTP; what is behind it goes where it belongs."""
        at = self._readers[side].feed(octets, mark)
        if at == len(octets):
            return
        if self._plain is not None:
            self._plain.analyze_packet(side, octets[at:], mark.after(at))
        elif side and self._held is not None:
            self._held.add(octets[at:], None, mark.after(at))

    # --- what the readers tell ------------------------------------------------------------------------------

    def begin(self, from_client: bool, head: Head, mark: Mark) -> Course:
        """A message begins."""
        self.recognised = self._certain = True
        if from_client:
            if head.method == b"CONNECT":
                self._target = head.target
                self._held = Held()
                self.concerned = True
            elif read_target(head.target) is not None:
                self.concerned = True
            elif head.target.startswith(b"/"):
                self._others += 1
            return self._exchanges.ask(head, mark)
        course, request = self._exchanges.answer(head, mark)
        self.concerned |= course.inlet is not None
        if course.length != NO_HTTP:
            if request is not None and request.method == b"CONNECT":
                self._refuse()
        elif head.status == 101:
            self.foreign = True
        elif request is not None:
            self._switch(request.target)
        else:
            self._switch(b"").gap(True, None, mark)
        return course

    def finished(self, from_client: bool, mark: Mark) -> None:
        """The message is complete."""
        if not from_client:
            self._exchanges.answered(mark)

    def lost(self, from_client: bool) -> None:
        """Messages may have been missed."""
        self._exchanges.lose(from_client)

    def awaits_answer(self) -> bool:
        """A request was made that no answer has begun to."""
        return self._exchanges.waits

    # --- behind CONNECT -------------------------------------------------------------------------------------

    def _hear_proxy(self, octets: bytes, mark: Mark) -> None:
        """What comes while the answer to CONNECT is awaited: that, or what follows one that was lost."""
        reader = self._readers[False]
        if not reader.between or may_begin(octets, False):
            self._hear(False, octets, mark)
            return
        lost = reader.searching
        plain = self._switch(self._target)
        if lost:
            plain.gap(False, None, mark)
        plain.analyze_packet(False, octets, mark)

    def _switch(self, target: bytes) -> Stream:
        """All further octets are another stream's."""
        stream = self._plain = self._open_plain(Opened(None, server_of(target), "connect"))
        held, self._held = self._held, None
        if held is not None:
            held.release(stream)
        return stream

    def _refuse(self) -> None:
        """The proxy would not: the client goes on in HTTP."""
        held, self._held = self._held, None
        self._readers[True].resume()
        if held is None:
            return
        pieces = held.take()
        for number, (octets, length, mark) in enumerate(pieces, 1):
            if octets is None:
                self._readers[True].gap(length, mark)
            else:
                self._hear(True, octets, mark)
            if self._held is not None:  # the client asks for another way
                self._held.put(pieces[number:])
                return

    def _decide(self, mark: Mark) -> None:
        """No answer is seen: what the client sent tells what it was."""
        held = self._held
        if held is None:
            return
        first = held.first
        if first and not (b"\n" in first and may_begin(first, True)):
            self._switch(self._target).gap(False, None, mark)
        elif held.full:  # requests without end, and no answer to any
            self._held = None
            self._readers[True].resume()
            self._readers[True].gap(None, mark)
        else:
            self._refuse()


def _host(endpoint: str) -> str:
    """Without the port."""
    return endpoint.rpartition(":")[0]
