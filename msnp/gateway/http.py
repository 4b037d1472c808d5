"""One TCP connection on which HTTP is spoken: to the gateway, to a proxy, or to any web server.

Takes the octets of both directions, as a session of MSNP does. Gives the bodies of gateway requests and their
answers to the tunnels (:mod:`msnp.gateway.tunnels`), and what follows an accepted CONNECT (RFC 9110, 9.3.6) to a
decoder of its own. All else that passes here is counted off and forgotten.

An answer of the gateway names its tunnel itself, so its octets find their way even where the requests are not seen.
Its request (:mod:`msnp.gateway.pairing`) says only what an *opening* answer names, and whether an answer has a body
(HEAD, CONNECT). The field is not believed where the request was seen to ask for something else: any web server
could send it.
"""

from __future__ import annotations

from msnp.gateway.asked import read_answer, read_target, server_of
from msnp.gateway.heads import NO_HTTP, Head, body_length
from msnp.gateway.held import Held
from msnp.gateway.pairing import Pairing, Request
from msnp.gateway.reader import Course, Reader, may_begin
from msnp.gateway.streams import Opened, OpenPlain, Stream
from msnp.gateway.tunnels import Tunnel, Tunnels
from msnp.mark import Mark

MAX_TOUCHED = 8
"""Tunnels of one connection that are told when messages of it were lost. One more: the oldest is not."""

REFUSED = frozenset([401, 407, 417])
"""The request did not come to the gateway; the client mends it and sends it again."""
_ESTABLISHED = b"established"
"""What proxies say to CONNECT; believed where the request is not seen."""
_OPENING = b"open"
_ASKED = {method: Request(method) for method in (b"GET", b"POST", b"HEAD")}


class HttpLine:
    """Decodes one connection.

    ``client`` and ``server`` are ``host:port`` (IPv6 in brackets); ``origin`` is handed on, as it is, with each
    tunnel that begins here. Where ``sides_certain`` is False the tap has only guessed which is which, and the first
    message may turn it round: ``swapped`` then says so.
    """

    __slots__ = (
        "_certain",
        "_client",
        "_closing",
        "_ended",
        "_held",
        "_open_plain",
        "_origin",
        "_pairing",
        "_plain",
        "_readers",
        "_server",
        "_target",
        "_touched",
        "_tunnels",
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
        """Another protocol has taken over, and nothing more will be told."""
        self._tunnels = tunnels
        self._open_plain = open_plain
        self._origin = origin
        self._client = client
        self._server = server
        self._certain = sides_certain
        self._readers = Reader(False, self), Reader(True, self)
        self._pairing = Pairing()
        self._touched: dict[Tunnel, None] = {}
        self._closing: Tunnel | None = None
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
        self._feed(from_client != self.swapped, octets, mark)

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
        if self._held is not None:
            self._decide(mark)
        self._ended = True
        for reader in self._readers:
            reader.end()
        self._held = None
        self.finished(False, mark)
        self._pairing.clear()
        self._touched.clear()
        if self._plain is not None:
            self._plain.end(mark, closed=closed)

    def _look(self, from_client: bool, octets: bytes) -> None:
        """The first message tells who is the client."""
        for side in (True, False):
            if b"\n" in octets and may_begin(octets, side):
                self._certain = True
                self.swapped = side != from_client

    def _feed(self, side: bool, octets: bytes, mark: Mark) -> None:
        if self._plain is not None:
            self._plain.analyze_packet(side, octets, mark)
            return
        reader = self._readers[side]
        if self._held is not None:
            if side:
                self._held.add(octets, None, mark)
                if self._held.full:
                    self._decide(mark)
                return
            if reader.between and not may_begin(octets, False):  # no answer, or one that was lost
                lost = reader.searching
                plain = self._switch(self._target)
                if lost:
                    plain.gap(False, None, mark)
                plain.analyze_packet(False, octets, mark)
                return
        self._hear(side, octets, mark)

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
        return self._request(head, mark) if from_client else self._answer(head, mark)

    def finished(self, from_client: bool, mark: Mark) -> None:
        """The message is complete."""
        if not from_client and self._closing is not None:
            self._closing.end(mark, closed=True)
            self._closing = None

    def lost(self, from_client: bool) -> None:
        """Messages may have been missed."""
        if not from_client:
            self._closing = None
        others = not from_client and self._pairing.waits_for_others
        self._pairing.lose()
        for tunnel in self._touched:
            if not tunnel.ended and not others:
                tunnel.lose(from_client)

    def awaits_answer(self) -> bool:
        """A request was made that no answer has begun to."""
        return self._pairing.waits

    # --- requests -------------------------------------------------------------------------------------------

    def _request(self, head: Head, mark: Mark) -> Course:
        length = body_length(head, b"")
        asked = read_target(head.target)
        early, named = self._pairing.answered_before(mark)
        if asked is None:
            if not early:
                self._await(head)
            return Course(length)
        if named is not None and asked.opens and not named.ended:
            tunnel = named
        else:
            tunnel = self._tunnels.asked(asked, self._address(), self._origin, mark)
        self._touch(tunnel)
        inlet = post = None
        if length:
            quoted = _OPENING if asked.session_id is None else asked.session_id
            inlet = tunnel.post(quoted, None if length < 0 else length, mark)
            post = tunnel.last_post
        if not early:
            self._pairing.await_answer(Request(head.method, b"", asked, tunnel, post))
        elif post is not None:
            post.supersede()
        return Course(length, inlet)

    def _await(self, head: Head) -> None:
        """The answer to a request that is not to the gateway."""
        if head.method != b"CONNECT":
            self._pairing.await_answer(_ASKED.get(head.method) or Request(head.method))
            return
        self._target = head.target
        self._held = Held()
        self._pairing.await_answer(Request(head.method, head.target))

    # --- answers --------------------------------------------------------------------------------------------

    def _answer(self, head: Head, mark: Mark) -> Course:
        if head.status < 200 and head.status != 101:  # RFC 9110, 15.2: the answer is still to come
            return Course(0)
        value = head.fields.get(b"x-msn-messenger")
        told = None if value is None else read_answer(value)
        request = self._pairing.answer(None if told is None else told.key, self._address(), self._tunnels)
        length = body_length(head, b"" if request is None else request.method)
        if request is None and told is None and head.status == 200 and _ESTABLISHED in head.reason.lower():
            length = NO_HTTP
        if request is not None and request.method == b"CONNECT" and length != NO_HTTP:
            self._refuse()
        if length == NO_HTTP:
            if head.status == 101:
                self.foreign = True
            elif request is not None:
                self._switch(request.target)
            else:
                self._switch(b"").gap(True, None, mark)
            return Course(length)
        if request is not None and request.asked is None:
            return Course(length)
        tunnel = self._tunnel(request, None if told is None else told.key, mark)
        if request is None:
            self._pairing.answered_early(mark.time, tunnel)
        if tunnel is None or tunnel.ended:
            return Course(length)
        return self._course(head, length, tunnel, request, told is not None and told.closes, mark)

    def _course(  # noqa: PLR0917  # what is known of an answer by now
        self, head: Head, length: int | None, tunnel: Tunnel, request: Request | None, closes: bool, mark: Mark
    ) -> Course:
        """How the gateway's answer goes on."""
        self._touch(tunnel)
        if head.status in REFUSED:
            if request is not None and request.asked is not None and request.asked.opens:
                self._tunnels.refused(tunnel)
            return Course(length)
        if request is not None and request.post is not None:
            request.post.supersede()
        if head.status >= 400:
            tunnel.end(mark, closed=True)
            return Course(length)
        if closes:
            self._closing = tunnel
        page = b"x-msn-messenger" not in head.fields and b"html" in head.fields.get(b"content-type", b"").lower()
        if not length or head.status >= 300 or page:  # a proxy speaks for itself
            return Course(length)
        return Course(length, tunnel.answer(mark))

    def _tunnel(self, request: Request | None, key: bytes | None, mark: Mark) -> Tunnel | None:
        """Whose answer it is."""
        tunnel = None if request is None else request.tunnel
        if key is None:
            return tunnel
        if tunnel is not None and request is not None and request.asked is not None:
            if request.asked.opens:
                self._tunnels.named(tunnel, key, mark)
                return tunnel
            if request.asked.key == key:
                tunnel.touch(mark)
                return tunnel
        return self._tunnels.answering(self._address(), key, self._origin, mark)

    # --- behind CONNECT -------------------------------------------------------------------------------------

    def _switch(self, target: bytes) -> Stream:
        """All further octets are another stream's."""
        stream = self._plain = self._open_plain(Opened(None, server_of(target), "connect"))
        held, self._held = self._held, None
        self._pairing.clear()
        self._touched.clear()
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
        """No answer is seen: what the client did tells what it was."""
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

    # --- else -----------------------------------------------------------------------------------------------

    def _address(self) -> str:
        """The client's, without its port."""
        return (self._server if self.swapped else self._client).rpartition(":")[0]

    def _touch(self, tunnel: Tunnel) -> None:
        touched = self._touched
        touched.pop(tunnel, None)
        touched[tunnel] = None
        if len(touched) > MAX_TOUCHED:
            del touched[next(iter(touched))]
