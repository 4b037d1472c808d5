# cython: annotation_typing=False
"""The orders in force: a warrant that interception orders make, to the packet, on the packets' clock.

Each identity of each order is a rule with a first and a last instant. An order ends by itself: nobody need say so.
While a capture runs the orders may change: what is new holds from that moment on, what is gone held until then, so
that what passed the tap before is recorded still, and what passes after is not.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from rcds_sniffer.orders.acting import Acting
from rcds_sniffer.orders.order import Identity
from rcds_sniffer.orders.warrant import NO_GRANTS, Grant

MAX_BOUND: Final = 100_000
"""Accounts seen at addresses that an order names; beyond, everybody's talk is listened to for whose it is."""

MAX_ADDRESSES: Final = 10_000
"""Client ends whose address is remembered as read; beyond, it is read anew."""

KEPT: Final = 300 * 1_000_000_000
"""How long a rule that was taken back is kept for what passed the tap before, ns: records settle within minutes."""


class Rule:
    """One identity of one order."""

    __slots__ = ("content", "dropped", "evidence", "grant", "identity", "named", "network", "order_id", "since",
                 "until", "valid_from", "valid_to")  # fmt: skip

    def __init__(self, order: Acting, identity: Identity, named: int | None) -> None:
        self.order_id = order.order_id
        self.content = order.content
        self.identity = identity
        self.network = None if identity.address is None else ip_network(identity.address, strict=False)
        self.evidence = None
        """By what an account is known to be meant that the order does not name."""
        if identity.account is None:
            self.evidence = "domain" if identity.domain is not None else "address"
        self.valid_from = order.since
        self.valid_to = order.until
        self.named = named
        """When it was added while the capture ran; None: it stood at its beginning."""
        self.dropped: int | None = None
        """When it was taken back."""
        self.since = self.until = 0
        self.grant = NO_GRANT
        self.settle()

    @property
    def key(self) -> tuple[object, ...]:
        """The same in two lists of orders for the same rule."""
        return self.order_id, self.identity, self.content, self.valid_from

    def settle(self) -> None:
        """Its instants, from what is known of them."""
        self.since = self.valid_from if self.named is None else max(self.valid_from, self.named)
        self.until = self.valid_to if self.dropped is None else min(self.valid_to, self.dropped)
        self.grant = Grant(self.order_id, self.content, self.since, self.until, self.evidence)

    def holds(self, time: int, protocol: str, address: IPv4Address | IPv6Address | None) -> bool:
        """True when it covers what was done at ``time`` on ``protocol``, at ``address`` if that is known."""
        if not self.since <= time < self.until:
            return False
        if self.identity.protocol is not None and self.identity.protocol != protocol:
            return False
        return self.network is None or (address is not None and address in self.network)


NO_GRANT: Final = Grant(None, False)


class InForce:
    """The orders of a sensor, as the recorder asks them."""

    everybody = False

    def __init__(self, orders: Iterable[Acting] = ()) -> None:
        self._rules: list[Rule] = []
        self._by_account: dict[str, list[Rule]] = {}
        self._by_domain: dict[str, list[Rule]] = {}
        self._by_address: list[Rule] = []
        self._bound: set[str] = set()
        """Accounts seen at an address that an order names."""
        self._addresses: dict[str, IPv4Address | IPv6Address | None] = {}
        self._now = 0
        self._put([Rule(order, identity, None) for order in orders for identity in order.identities])

    def change(self, orders: Iterable[Acting], now: int) -> None:
        """Behind ``now`` (ns since 1970 UTC, as packets have it) these orders, and none of those before.

        The packet of that time has passed: what is decided behind it is about what comes next.
        """
        now += 1
        self._now = now
        standing = {rule.key: rule for rule in self._rules if rule.dropped is None}
        rules = [rule for rule in self._rules if rule.dropped is not None and rule.dropped + KEPT > now]
        for order in orders:
            for identity in order.identities:
                new = Rule(order, identity, now)
                old = standing.pop(new.key, None)
                if old is None:
                    rules.append(new)
                    continue
                if old.valid_to != order.until:
                    if old.until > now:
                        old.valid_to = max(order.until, now)
                    elif order.until > now:  # it was over, and begins anew
                        old.dropped = now
                        rules.append(new)
                    old.settle()
                rules.append(old)
        for gone in standing.values():
            gone.dropped = now
            gone.settle()
            rules.append(gone)
        self._put(rules)

    def grants(self, account: str, time: int, protocol: str, client: str | None) -> tuple[Grant, ...]:
        """For which orders ``account`` is recorded, in the order of their LIIDs."""
        named = self._by_account.get(account)
        domain = self._by_domain.get(account.rpartition("@")[2]) if self._by_domain else None
        at_address = self._by_address if client is not None else None
        if named is None and domain is None and not at_address:
            return NO_GRANTS
        address = None if client is None else self._address(client)
        found: dict[str, Grant] = {}
        for rules in (named, domain, at_address):
            for rule in rules or ():
                if rule.order_id not in found and rule.holds(time, protocol, address):
                    found[rule.order_id] = rule.grant
        return tuple([found[order_id] for order_id in sorted(found)]) if found else NO_GRANTS

    def names(self, account: str) -> bool:
        """True when an order names it, or its domain, or an address at which it was seen."""
        return (
            account in self._by_account
            or account.rpartition("@")[2] in self._by_domain
            or account in self._bound
            or len(self._bound) >= MAX_BOUND
        )

    def noticed(self, account: str, client: str) -> None:
        """It is at an address that an order may name."""
        if self._by_address and len(self._bound) < MAX_BOUND:
            address = self._address(client)
            if address is not None and any(rule.network and address in rule.network for rule in self._by_address):
                self._bound.add(account)

    def stepped(self, by: int) -> None:
        """What changed before the step changed so long ago on the new clock; validity is what the order says."""
        for rule in self._rules:
            rule.named = None if rule.named is None else rule.named + by
            rule.dropped = None if rule.dropped is None else rule.dropped + by
            rule.settle()

    def _put(self, rules: list[Rule]) -> None:
        self._rules = rules
        self._by_account, self._by_domain, self._by_address = {}, {}, []
        for rule in rules:
            if rule.identity.account is not None:
                self._by_account.setdefault(rule.identity.account, []).append(rule)
            elif rule.identity.domain is not None:
                self._by_domain.setdefault(rule.identity.domain, []).append(rule)
            else:
                self._by_address.append(rule)

    def _address(self, client: str) -> IPv4Address | IPv6Address | None:
        if client not in self._addresses:
            if len(self._addresses) >= MAX_ADDRESSES:
                self._addresses.clear()
            self._addresses[client] = address_of(client)
        return self._addresses[client]


def address_of(client: str) -> IPv4Address | IPv6Address | None:
    """Of ``ip:port``, IPv6 in brackets; an IPv4 address in IPv6's clothes is that of IPv4. None: it is none."""
    host = client.rpartition(":")[0].removeprefix("[").removesuffix("]")
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
