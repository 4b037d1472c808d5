"""Connections from client to client: agreed on inside a transfer's own letters, then used for its packets.

Takes a transfer that has been accepted; gives the letters, the connection with its handshake, and a bearer for what
follows. The facts stand in the protocol reference, section 6.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import slp
from .bearers import Straight
from .p2p import hashed
from .transfers import copies_of

if TYPE_CHECKING:
    from .bearers import Bearer
    from .people import Account
    from .transfers import Transfer

PORT = 31337
NO_NONCE = "{00000000-0000-0000-0000-000000000000}"


def goes_straight(
    transfer: Transfer,
    listener: Account,
    *,
    port: int = PORT,
    hides: bool = False,
    backwards: bool = False,
    inviter: Account | None = None,
) -> Bearer:
    """From now on by a connection to ``listener``; gives the bearer used so far.

    ``hides``: the letters show only hashes of the nonces. ``inviter``: who asks for another road, the owner unless
    said; where that one is the listener too, the other answers that he does not listen.
    """
    line, call, world = transfer.line, transfer.call, transfer.world
    before, caller = line.bearer, line.other(listener)
    inviter = inviter or transfer.owner
    nonces = {who: world.guid().upper() for who in line.ends}
    if not hides:
        nonces[caller] = nonces[listener]
    before.begins()
    asked: dict[str, object] = {"Bridges": "TRUDPv1 TCPv1", "NetID": -1301, "Conn-Type": "Direct-Connect",
                                "UPnPNat": "false", "ICF": "false"}  # fmt: skip
    if before.newer:
        asked["Bridges"] = "TCPv1 SBBridge"
    if hides:
        asked["Hashed-Nonce"] = hashed(nonces[inviter])
    letters = [call.asks(slp.REQUEST, {**asked, "SessionID": call.session}, who=inviter)]
    other = line.other(inviter)
    where = _where(listener, port, nonces[listener], hides=hides, backwards=backwards)
    if other is listener:
        letters.append(call.answers("200 OK", slp.RESPONSE, {**where, "SessionID": call.session}, who=other))
    else:
        nowhere: dict[str, object] = {"Bridge": "TCPv1", "Listening": "false"}
        nowhere |= {"Hashed-Nonce": hashed(nonces[other])} if hides else {"Nonce": NO_NONCE}
        letters.append(call.answers("200 OK", slp.RESPONSE, {**nowhere, "SessionID": call.session}, who=other))
        letters.append(call.asks(slp.RESPONSE, {**where, "SessionID": call.session}, who=inviter))
    transfer.moving.letters += map(copies_of, letters)
    talk = world.connect(caller, (listener.ip, port), world.now, straight_to=listener)
    bearer = Straight(talk, caller, before)
    bearer.passes(caller, listener, b"foo\0", 0)
    bearer.passes(caller, listener, line.sides[caller].shakes(nonces[caller]), 0)
    bearer.passes(listener, caller, line.sides[listener].shakes(nonces[listener]), 0)
    line.bearer = bearer
    return before


def comes_back(transfer: Transfer, before: Bearer) -> None:
    """The connection ends; what follows goes as before."""
    talk = transfer.line.bearer.talk  # type: ignore[attr-defined]
    talk.connection.close(talk.client_time, by_client=True)
    transfer.line.bearer = before


def _where(listener: Account, port: int, nonce: str, *, hides: bool, backwards: bool) -> dict[str, object]:
    body: dict[str, object] = {"Bridge": "TCPv1", "Listening": "true"}
    body |= {"Hashed-Nonce": hashed(nonce)} if hides else {"Nonce": nonce}
    if backwards:
        return body | slp.backwards({"IPv4InternalAddrsAndPorts": f"10.0.0.5:{port} {listener.ip}:{port}"})
    addresses = {"IPv4Internal-Addrs": f"10.0.0.5 {listener.ip}", "IPv4Internal-Port": port}
    return body | addresses | {"IPv4External-Addrs": listener.ip, "IPv4External-Port": port}
