"""Which captures there are: a table. Sizes are those of the full benchmark; a scale makes them smaller or
larger."""

from dataclasses import dataclass, replace

HOUR = 3600
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One capture; everything in it follows from these values."""

    name: str
    about: str
    chats: int = 2000
    """Switchboard connections (pairs of them where both ends are tapped), all open at once for most of the time."""
    acts: int = 200
    """What is said in each, a third of it typing; each takes three packets."""
    presences: int = 200
    """Connections to notification servers."""
    servers: int = 200
    """Addresses of servers; a revived service has one."""
    both_ends: bool = False
    """Both people of each chat are behind the tap."""
    background: int = 0
    """Packets that are not MSN."""
    loss: float = 0.0
    """The share of packets that the tap missed, one by one and at random."""
    skip: float = 0.0
    """The share of MSN packets that had passed when the capture began."""
    port: int = 1863
    """Of the servers."""
    pcapng: bool = False
    """Written as pcapng instead of pcap."""
    seconds: int = HOUR
    seed: int = 1

    def scaled(self, scale: float) -> "Plan":
        """The same in smaller or larger: fewer connections and less beside them, each as long as before."""
        if scale == 1:
            return self
        return replace(
            self,
            chats=max(2, round(self.chats * scale)),
            presences=round(self.presences * scale),
            background=round(self.background * scale),
        )

    @property
    def expected_packets(self) -> int:
        """About so many packets come out."""
        legs = 2 if self.both_ends else 1
        connections = self.chats * legs * (2.45 * self.acts + 12) + self.presences * (26 + self.seconds / 25)
        return round(connections * (1 - self.skip) * (1 - self.loss)) + self.background

    @property
    def expected_octets(self) -> int:
        """About so large is the file."""
        return (self.expected_packets - self.background) * 165 + self.background * 1060


PLANS = {
    plan.name: plan
    for plan in (
        Plan("dense", "every packet MSN, 2,200 connections to many servers"),
        Plan("dense-one-server", "the same to a single address, as a revived service has it", servers=1),
        Plan("mixed", "1 % MSN among downloads and look-ups", chats=27, presences=8, background=1_480_000),
        Plan(
            "mixed-pcapng",
            "mixed, in a file that is not mapped but read by libpcap",
            chats=27,
            presences=8,
            background=1_480_000,
            pcapng=True,
        ),
        Plan(
            "mixed-elsewhere",
            "mixed, MSN on a port that nobody names",
            chats=27,
            presences=8,
            background=1_480_000,
            port=28_443,
        ),
        Plan("lossy", "0.5 % of the packets lost", chats=600, presences=60, loss=0.005),
        Plan("very-lossy", "5 % of the packets lost", chats=600, presences=60, loss=0.05),
        Plan(
            "mid-stream",
            "the tap was plugged in after a quarter of the packets",
            chats=600,
            presences=60,
            skip=0.25,
        ),
        Plan("both-ends", "both people of each chat tapped", chats=300, presences=60, both_ends=True),
    )
}
"""The captures of the benchmark, by name."""
