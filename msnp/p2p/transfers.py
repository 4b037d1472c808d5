"""One call: from its INVITE, or the first packet of it that was seen, to its end; with content, a transfer.

It tells the steps of a call (a file is offered, accepted, declined), the octets, and once what came of them: when
all are there, when somebody hangs up, or when nothing more can come. A transfer that was joined in mid-stream, or
whose INVITE was lost, is told as well: what it is then stands in the packets' flags or their footers, and it has
no name.
"""

from __future__ import annotations

from collections.abc import Callable

from msnp.events import Event
from msnp.mime import Headers
from msnp.p2p.carriers import OWN, Body, Carrier
from msnp.p2p.coverage import Coverage
from msnp.p2p.headers import DATA, FILE, Packet
from msnp.p2p.offers import BY_APPLICATION, CONTENTS, Offer
from msnp.p2p.pieces import window
from msnp.p2p.placing import Placing
from msnp.utterances import Origin, addressed, file_octets, sending

UNSURE = "?"
"""Behind the name of a transfer joined in mid-stream whose octets have no known place."""
_PREPARATION = 4
"""Octets of the message in which a sender says that the data come: NULs."""
_FILE_FOOTER = 2
_COMMANDS = {"file-offer": "invite", "file-accept": "accept", "file-decline": "cancel"}


class Transfer:
    """A call between two, and what is sent in it."""

    __slots__ = (
        "_coverage",
        "_first",
        "_headers",
        "_recipient",
        "_size",
        "_transport",
        "accepted",
        "acknowledged",
        "bridges",
        "call_id",
        "closed",
        "invited",
        "inviter",
        "kind",
        "line",
        "offer",
        "over",
        "placing",
        "sends",
        "session",
        "waits",
    )

    def __init__(self, session: int, inviter: str, invited: str, offer: Offer | None) -> None:
        self.session = session
        self.inviter, self.invited = inviter, invited
        """Accounts, or OWN. Joined in mid-stream: who sends, and who gets it."""
        self.offer = offer
        self.sends = invited if offer is not None and offer.asked else inviter
        """Whose the content is."""
        self.kind = offer.kind if offer is not None else ""
        self.call_id: str | None = None
        self.accepted = False
        self.over = False
        """Nothing more is told of it."""
        self.acknowledged = False
        """Who gets it said that all of it came."""
        self.closed: tuple[str, int] | None = None
        """Somebody hung up: the outcome, unless more comes that was held back on the way, and when."""
        self.line: object = None
        """Which direct connection carries it."""
        self.waits = False
        """Its connection has ended. If it goes on elsewhere, it is told where both ends see it go on."""
        self.placing: Placing | None = None
        self.bridges: dict[str, list[str]] = {}
        """Addresses that both named."""
        self._coverage = Coverage()
        self._first: Origin | None = None
        self._headers: Headers | None = None
        self._recipient: str | None = None
        self._size = offer.size if offer is not None else None
        self._transport = ""

    @property
    def transfer(self) -> str:
        """What it is called in all that is told of it."""
        return f"p2p-{self.session}"

    @property
    def began(self) -> bool:
        """Some of its content came."""
        return self._first is not None

    def learn(self, offer: Offer, inviter: str, invited: str) -> bool:
        """The INVITE comes late; False where it is not of what goes on here."""
        if self.over or self.offer is not None or self.sends != (invited if offer.asked else inviter):
            return False
        self.offer, self.inviter, self.invited, self.kind = offer, inviter, invited, offer.kind
        self.accepted = False  # it was taken for so
        return True

    def know_own(self, own: str) -> None:
        """The connection's own account is known now."""
        self.inviter, self.invited, self.sends = (
            account or own for account in (self.inviter, self.invited, self.sends)
        )

    def speaker(self, carrier: Carrier) -> str | None:
        """Which of the two sends this packet; None: somebody else, or one of them to somebody else."""
        ends = (self.inviter, self.invited)
        sender, recipient = carrier.sender, carrier.recipient
        if sender in ends:
            if recipient is None or recipient in ends or (OWN in ends and sender != OWN):
                return sender
        elif sender == OWN and recipient in ends:
            return self.invited if recipient == self.inviter else self.inviter
        return None

    def own_by(self, carrier: Carrier) -> str | None:
        """Whom a packet of this call shows to be the connection's own account, while that is not known."""
        ends = (self.inviter, self.invited)
        if carrier.sender == OWN:
            return self.other(carrier.recipient) or None if carrier.recipient in ends else None
        if carrier.sender in ends and OWN in ends and carrier.recipient not in ends:
            return carrier.recipient
        return None

    def other(self, account: str) -> str:
        """The other of the two."""
        return self.invited if account == self.inviter else self.inviter

    @staticmethod
    def account(end: str) -> str | None:
        """One of the two, as it is told; None while the own account is not known."""
        return end or None

    # --- steps --------------------------------------------------------------------------------------------

    def step(self, carrier: Carrier, origin: Origin, kind: str, reason: str | None, *, by_inviter: bool) -> None:
        """Tell that it was offered, accepted or declined; of what is asked for nothing is told but its content."""
        offer = self.offer
        if offer is None or offer.asked:
            return
        details = self._details(offer)
        details["command"] = _COMMANDS[kind]
        if offer.name is not None:
            details["file_name"] = offer.name
        if offer.size is not None:
            details["size"] = offer.size
        if reason is not None:
            details["reason"] = reason
            details["by_inviter"] = by_inviter
        told = kind if offer.kind == "file" else offer.kind
        recipient = carrier.recipient or self.account(self.invited if by_inviter else self.inviter)
        identity = f"{self.transfer} {details['command']}"
        event = sending(origin, carrier.content(), told, details, None, identity)
        carrier.tell(addressed(event, recipient, self.transfer))

    def _details(self, offer: Offer | None) -> dict[str, object]:
        details: dict[str, object] = {"transfer": self.transfer, "session_id": str(self.session)}
        if self.call_id is not None:
            details["call_id"] = self.call_id
        if offer is not None:
            details["application"] = offer.application
            details |= offer.details
        return details

    # --- octets -------------------------------------------------------------------------------------------

    def takes(self, packet: Packet, body: Body, present: int) -> bool:
        """Whether this packet, of whoever sends the content, is a piece of it."""
        if self.kind not in CONTENTS:
            return False
        if packet.version == 2:
            return bool(packet.flags & DATA)
        if packet.total != _PREPARATION or packet.flags & FILE:
            return True
        if any(octets.strip(b"\0") for _, octets in window(body.pieces, packet.start, packet.start + present)):
            return True
        return self._size == _PREPARATION and (self.kind == "file" or bool(packet.flags & DATA))

    def take(self, carrier: Carrier, origin: Origin, packet: Packet, body: Body, *, liar: bool) -> bool:
        """A piece of the content; False where it cannot be."""
        present = body.present(packet.start, carrier.footer)
        placing = self.placing
        if placing is None or (placing.version, placing.message) != (packet.version, packet.message):
            size = self._size
            placing = self.placing = Placing(packet, liar=liar, size=size)
        found = placing.place(packet, present, carrier.footer)
        if found is None:
            return not present and self.end_empty(carrier, origin)
        offset, length = found
        if placing.total and not placing.unsure:
            self._size = placing.total
        recipient = carrier.recipient or self.account(self.other(self.sends))
        for at, octets in window(body.pieces, packet.start, packet.start + length):
            if self._first is None or self.waits:
                self._first, self._headers, self._recipient = origin, carrier.headers, recipient
                self.waits = False
            if carrier.origin is None or not self._transport:
                self._transport, self.line = carrier.transport, carrier.line
            self._coverage.add(offset + at, offset + at + len(octets))
            content = carrier.content()
            carrier.tell(file_octets(origin, content, recipient, self._named, offset + at, octets))
        if self._whole:
            self.end(carrier.tell, "complete")
        return True

    def end_empty(self, carrier: Carrier, origin: Origin) -> bool:
        """A file without octets came, if this is one: ``origin`` is of whoever sends it."""
        if self._size != 0 or self.kind not in CONTENTS:
            return False
        self._first, self._headers, self._transport = origin, carrier.headers, carrier.transport
        self._recipient = self.account(self.other(self.sends))
        self.acknowledged = True
        self.end(carrier.tell, "complete")
        return True

    @property
    def _named(self) -> str:
        """The transfer; marked while nobody knows where in it its octets are, so that they mix with no copy."""
        unsure = self.placing is not None and self.placing.unsure
        return self.transfer + UNSURE if unsure else self.transfer

    @property
    def _whole(self) -> bool:
        placing = self.placing
        return (
            placing is not None
            and placing.total > 0
            and not placing.unsure
            and self._coverage.has_all(placing.total)
        )

    def close(self, time: int) -> None:
        """Somebody hung up. What was sent before may still come, where octets in front of it are waited for."""
        self.closed = self.closed or ("cancelled", time)

    def end(self, tell: Callable[[Event], None], outcome: str) -> None:
        """Nothing more comes: tell what came, if anything did; ``outcome`` counts if nobody hung up.

        Where the last octet was seen, or whoever gets it said that it was whole, it is ``complete``, although the
        tap may have lost some: then nobody cancelled it.
        """
        if self.over:
            return
        self.over = True
        if self.closed is not None:
            outcome = self.closed[0] if outcome == "cut" else outcome
        first, placing = self._first, self.placing
        if first is None or self._headers is None:
            return
        offer = self.offer
        sure = placing is None or not placing.unsure
        total = placing.total if placing is not None else 0
        if sure and (self.acknowledged or (total and self._coverage.end >= total)):
            outcome = "complete"
        size = self._size if sure else None
        details = self._details(offer)
        details["transport"] = self._transport
        details |= {name: list(addresses) for name, addresses in self.bridges.items()}
        if not sure:
            details["start_unknown"] = True
        if offer is not None and offer.size is not None and size is not None and offer.size != size:
            details["announced_size"] = offer.size
        name, sha1 = (offer.name, offer.sha1) if offer is not None else (None, None)
        file = {"name": name, "size": size, "sha1": sha1, "outcome": outcome}
        content = Carrier(tell, first.mark, first, None, None, "", first.from_client, self._headers).content()
        event = sending(first, content, self.kind, details, None, f"{self.transfer} data")
        tell(addressed(event, self._recipient, self._named, file))


def kind_of_data(packet: Packet, footer: int | None) -> str | None:
    """What content is of which no INVITE was seen; None where nothing says that it is content."""
    if packet.flags & FILE or (packet.flags & DATA and footer == _FILE_FOOTER):
        return "file"
    if packet.flags & DATA:
        return BY_APPLICATION.get(footer or 0, "file")
    return None
