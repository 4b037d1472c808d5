"""HTTP written down for tests, and a tap that keeps what comes out of it.

The writer knows nothing of the reader: it makes octets by hand, as clients and servers would.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msnp.gateway import HttpLine, Opened, SocksLine, Tunnels
from msnp.mark import Mark

SECOND = 1_000_000_000
CLIENT, SERVER = "10.0.0.7:40001", "192.0.2.77:80"
GATEWAY = "http://gateway.example.com"
Piece = tuple[bool, bytes]


def ask(
    query: str, body: bytes = b"", *, base: str = "", version: str = "1.1", chunks: int = 0, fields: str = ""
) -> Piece:
    """A request to the gateway."""
    return True, _message(
        f"POST {base}/gateway/gateway.dll?{query} HTTP/{version}",
        body,
        chunks,
        f"Host: gateway.example.com\r\n{fields}",
    )


def answer(
    session: str | None,
    body: bytes = b"",
    *,
    status: str = "200 OK",
    version: str = "1.1",
    chunks: int = 0,
    fields: str = "",
    close: bool = False,
) -> Piece:
    """An answer of the gateway."""
    if session is not None:
        fields += f"X-MSN-Messenger: SessionID={session}; GW-IP=192.0.2.77{'; Session=close' if close else ''}\r\n"
    return False, _message(
        f"HTTP/{version} {status}", body, chunks, f"Content-Type: application/x-msn-messenger\r\n{fields}"
    )


def get(path: str, method: str = "GET") -> Piece:
    """Another request."""
    return True, f"{method} {path} HTTP/1.1\r\nHost: www.example.org\r\n\r\n".encode()


def page(body: bytes, status: str = "200 OK", *, chunks: int = 0) -> Piece:
    """Another answer."""
    return False, _message(f"HTTP/1.1 {status}", body, chunks, "Content-Type: text/html\r\n")


def _message(first: str, body: bytes, chunks: int, fields: str) -> bytes:
    if not chunks:
        return f"{first}\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body
    cut = [body[at : at + chunks] for at in range(0, len(body), chunks)]
    written = b"".join(b"%x;x=1\r\n%s\r\n" % (len(piece), piece) for piece in cut)
    head = f"{first}\r\n{fields}Transfer-Encoding: chunked\r\n\r\n".encode()
    return head + written + b"0\r\nX-Trailer: 1\r\n\r\n"


@dataclass
class Heard:
    """A stream decoder that keeps what it is given."""

    opened: Opened
    origin: object = None
    octets: dict[bool, bytes] = field(default_factory=lambda: {True: b"", False: b""})
    said: list[tuple[object, ...]] = field(default_factory=list)
    marks: list[tuple[bool, int, int, int]] = field(default_factory=list)
    """Side, sequence, packet, octets."""
    ended: bool | None = None
    """``closed``."""

    @property
    def client(self) -> bytes:
        return self.octets[True]

    @property
    def server(self) -> bytes:
        return self.octets[False]

    @property
    def gaps(self) -> list[tuple[object, ...]]:
        return [said[1:] for said in self.said if said[0] == "gap"]

    def analyze_packet(self, from_client: bool, octets: bytes, mark: Mark) -> None:
        assert octets
        assert self.ended is None
        self.octets[from_client] += octets
        self.marks.append((from_client, mark.sequence, mark.packet, len(octets)))
        self.said.append(("data", from_client, octets))

    def gap(self, from_client: bool, length: int | None, mark: Mark) -> None:
        assert self.ended is None
        assert length is None or length > 0
        self.said.append(("gap", from_client, length))

    def end(self, mark: Mark, *, closed: bool = True) -> None:
        assert self.ended is None
        self.ended = closed


class Deaf(Heard):
    """Keeps nothing, where memory is measured."""

    def analyze_packet(self, from_client: bool, octets: bytes, mark: Mark) -> None:
        """Forget them."""

    def gap(self, from_client: bool, length: int | None, mark: Mark) -> None:
        """Forget it."""


class Web:
    """Connections under test, and all that came out of them."""

    def __init__(self, most: int = 8192, *, deaf: bool = False) -> None:
        self.deaf = deaf
        """What comes out is thrown away."""
        self.heard: list[Heard] = []
        self.plain: list[Heard] = []
        self.tunnels = Tunnels(self._open, most)
        self.time = 1_000 * SECOND
        self.packet = 0

    def _open(self, opened: Opened, mark: Mark, origin: object) -> Heard:
        if self.deaf:
            return Deaf(opened)
        self.heard.append(Heard(opened, origin))
        return self.heard[-1]

    def _open_plain(self, opened: Opened) -> Heard:
        self.plain.append(Heard(opened))
        return self.plain[-1]

    def connect(self, client: str = CLIENT, *, certain: bool = True) -> "Wire":
        return Wire(self, HttpLine(self.tunnels, self._open_plain, client, client, SERVER, certain))

    def socks(self) -> "Wire":
        return Wire(self, SocksLine(self._open_plain))

    def mark(self, sequence: int = 0) -> Mark:
        self.packet += 1
        return Mark(self.time, sequence & 0xFFFFFFFF, self.packet, "tap")

    @property
    def only(self) -> Heard:
        (heard,) = self.heard
        return heard


class Wire:
    """One TCP connection."""

    def __init__(self, web: Web, line: HttpLine | SocksLine) -> None:
        self.web = web
        self.line = line
        self.at = {True: 0xFFFFFF00, False: 5_000}
        """Sequence numbers to come; the client's wrap soon."""

    def send(self, *pieces: Piece, cut: int = 1460) -> None:
        """Each piece in segments of at most ``cut`` octets."""
        for side, octets in pieces:
            for at in range(0, len(octets), cut):
                segment = octets[at : at + cut]
                self.line.analyze_packet(side, segment, self.web.mark(self.at[side]))
                self.at[side] += len(segment)

    def send_cut(self, pieces: Iterable[Piece], cuts: Sequence[int]) -> None:
        """In segments of those sizes, over and over."""
        sizes = 0
        for side, octets in pieces:
            at = 0
            while at < len(octets):
                size = cuts[sizes % len(cuts)]
                sizes += 1
                self.send((side, octets[at : at + size]), cut=size)
                at += size

    def lose(self, side: bool, length: int | None) -> None:
        """The next octets of one side are not seen."""
        self.at[side] += length or 0
        self.line.gap(side, length, self.web.mark(self.at[side]))

    def end(self, *, closed: bool = True) -> None:
        self.line.end(self.web.mark(), closed=closed)


OPEN = "Action=open&Server=NS&IP=messenger.example.com"
OPEN_SB = "Action=open&Server=SB&IP=192.0.2.50"


def poll(session: str) -> Piece:
    return ask(f"Action=poll&SessionID={session}")


def send(session: str, body: bytes) -> Piece:
    return ask(f"SessionID={session}", body)
