"""Requests and answers of one connection: which of them are the gateway's, and where their bodies go.

An answer of the gateway names its tunnel itself, so its octets find their way even where the requests are not seen.
Its request (:mod:`msnp.gateway.pairing`) says only what an *opening* answer names, and whether an answer has a body
(HEAD, CONNECT). The field is not believed where the request was seen to ask for something else: any web server
could send it.
"""

from __future__ import annotations

from msnp.gateway.asked import Answered, read_answer, read_target
from msnp.gateway.heads import NO_HTTP, Head, body_length
from msnp.gateway.pairing import Pairing, Request
from msnp.gateway.reader import Course
from msnp.gateway.tunnels import Tunnel, Tunnels
from msnp.mark import Mark

MAX_TOUCHED = 8
"""Tunnels of one connection that are told when messages of it were lost. One more: the oldest is not."""

REFUSED = frozenset([401, 407, 417])
"""The request did not come to the gateway; the client mends it and sends it again."""
_ESTABLISHED = b"established"
"""What proxies say to CONNECT; believed where the request is not seen."""
_OPENING = b"open"
_NOTHING = Answered(None, False)
_OTHERS = {method: Request(method) for method in (b"GET", b"POST", b"HEAD")}


class Exchanges:
    """Takes heads, says how each message goes on."""

    __slots__ = ("_closing", "_origin", "_pairing", "_touched", "_tunnels", "client")

    def __init__(self, tunnels: Tunnels, origin: object, client: str) -> None:
        self.client = client
        """The address of the one who asks."""
        self._tunnels = tunnels
        self._origin = origin
        self._pairing = Pairing()
        self._touched: dict[Tunnel, None] = {}
        self._closing: Tunnel | None = None  # ends with the answer that is under way

    @property
    def waits(self) -> bool:
        """A request was made that no answer has begun to."""
        return self._pairing.waits

    # --- heads ----------------------------------------------------------------------------------------------

    def ask(self, head: Head, mark: Mark) -> Course:
        """A request begins."""
        length = body_length(head, b"")
        asked = read_target(head.target)
        early, answered = self._pairing.answered_before(mark)
        if asked is None:
            if not early:
                request = _OTHERS.get(head.method)
                self._pairing.await_answer(request or Request(head.method, head.target))
            return Course(length)
        if answered is not None and asked.opens and not answered.ended:
            tunnel = answered
        else:
            tunnel = self._tunnels.asked(asked, self.client, self._origin, mark, self._pairing.opening)
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

    def answer(self, head: Head, mark: Mark) -> tuple[Course, Request | None]:
        """An answer begins; to which request, if that is seen."""
        if head.status < 200 and head.status != 101:  # RFC 9110, 15.2: the answer is still to come
            return Course(0), None
        value = head.fields.get(b"x-msn-messenger")
        told = _NOTHING if value is None else read_answer(value)
        request = self._pairing.answer(told.key, self.client, self._tunnels)
        length = body_length(head, b"" if request is None else request.method)
        if request is None and value is None and head.status == 200 and _ESTABLISHED in head.reason.lower():
            length = NO_HTTP
        if length == NO_HTTP or (request is not None and request.asked is None):
            return Course(length), request
        tunnel = self._tunnel(request, told.key, mark)
        if request is None:
            self._pairing.answered_early(mark.time, tunnel)
        if tunnel is None or tunnel.ended:
            return Course(length), request
        self._touch(tunnel)
        if not self._accepts(head, tunnel, request, mark):
            return Course(length), request
        if told.closes:
            self._closing = tunnel
        return Course(length, tunnel.answer(mark) if length else None), request

    def _accepts(self, head: Head, tunnel: Tunnel, request: Request | None, mark: Mark) -> bool:
        """The gateway has taken the request, and what follows is what the server says."""
        if head.status in REFUSED:
            if request is not None and request.opens:
                self._tunnels.refused(tunnel)
            return False
        if request is not None and request.post is not None:
            request.post.supersede()
        if head.status >= 400:
            tunnel.end(mark, closed=True)
            return False
        named = b"x-msn-messenger" in head.fields
        return head.status < 300 and (named or b"html" not in head.fields.get(b"content-type", b"").lower())

    def _tunnel(self, request: Request | None, key: bytes | None, mark: Mark) -> Tunnel | None:
        """Whose answer it is."""
        tunnel = None if request is None else request.tunnel
        if key is None:
            return tunnel
        if tunnel is not None and request is not None:
            if request.opens:
                self._tunnels.named(tunnel, key, mark)
            if tunnel.key == key:
                tunnel.touch(mark)
                return tunnel
        return self._tunnels.answering(self.client, key, self._origin, mark)

    # --- what else happens ----------------------------------------------------------------------------------

    def answered(self, mark: Mark) -> None:
        """The answer that was under way is complete."""
        if self._closing is not None:
            self._closing.end(mark, closed=True)
            self._closing = None

    def lose(self, from_client: bool) -> None:
        """Messages may have been missed."""
        others = False
        if not from_client:
            self._closing = None
            others = self._pairing.waits_for_others
            self._pairing.set_adrift()
        self._pairing.lose()
        for tunnel in self._touched:
            if not tunnel.ended and not others:
                tunnel.lose(from_client)

    def end(self, mark: Mark) -> None:
        """No more HTTP will come."""
        self.answered(mark)
        self._pairing.set_adrift()
        self._pairing.clear()
        self._touched.clear()

    def _touch(self, tunnel: Tunnel) -> None:
        touched = self._touched
        touched.pop(tunnel, None)
        touched[tunnel] = None
        if len(touched) > MAX_TOUCHED:
            del touched[next(iter(touched))]
