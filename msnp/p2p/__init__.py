"""Peer to peer: what two clients send each other in packets of their own (MSNP2P, reference 6).

Files, display pictures, emoticons, winks and voice clips go this way. On a switchboard a packet is the body of a
``MSG`` of ``application/x-msnmsgrp2p``, which everybody in the conversation gets; only ``P2P-Dest`` says whom it is
for. In MSNP21 one SDG holds several. On a direct connection each stands in a frame.

Four layers, one module or two for each:

1. A **packet** is a binary header, a piece of a message, and on a server's connection four octets more, the footer.
   Version 1 of the header is spoken between clients without endpoints, version 2 where both have one.
   (:mod:`msnp.p2p.headers`)
2. A **message** is text if its session is 0, else a piece of content. Texts are put together first
   (:mod:`msnp.p2p.texts`); content, which may be large, is handed on as it comes: where each piece belongs is told
   by its header, or, where a client's headers lie, by the size of what carries it (:mod:`msnp.p2p.placing`,
   :mod:`msnp.p2p.coverage`).
3. A text is **SLP**, which looks like SIP (:mod:`msnp.p2p.slp`): INVITE, 200 OK, 603 Decline, BYE. What an INVITE
   offers stands in its context (:mod:`msnp.p2p.offers`), where a direct connection is awaited in further bodies
   (:mod:`msnp.p2p.bridges`).
4. A **call** is what one INVITE began, up to its BYE; with content it is a transfer (:mod:`msnp.p2p.transfers`).
   Whoever has a call's session id, and is one of its two, speaks in it. All of one connection are
   :class:`msnp.p2p.calls.Calls`.

Who sends is told by the server's line alone; on a direct connection, by the part that each of the two has in the
call. A packet that makes no sense is counted, and does nothing.
"""
