# cython: annotation_typing=False
"""What the engine counts: every packet refused, every octet doubted, by reason.

One plain object shared by the header reader, the assemblers and the engine, so that the summary at the end can say
what was seen and what was not. A count that is not zero is never an error of the engine: it is a fact about the
capture.
"""


class Counters:
    """Counts since the engine was made; octets where the name says so, else packets, flows or events."""

    __slots__ = (
        "bad_checksum",
        "buffered",
        "buffered_peak",
        "buffered_segments",
        "clock_steps",
        "datagrams_joined",
        "duplicates",
        "evicted",
        "flows",
        "flows_now",
        "flows_peak",
        "fragments",
        "fragments_dropped",
        "gap_octets",
        "gaps",
        "idle",
        "implausible",
        "in_erspan",
        "in_geneve",
        "in_gre",
        "in_gtpu",
        "in_ip_in_ip",
        "in_mpls",
        "in_pppoe",
        "in_stacked_vlans",
        "in_tzsp",
        "in_vlan",
        "in_vxlan",
        "late_octets",
        "malformed",
        "mid_stream",
        "not_ip",
        "not_tcp",
        "one_direction",
        "overlapping",
        "overlaps_conflicting",
        "packets",
        "retransmitted",
        "reused",
        "tcp_segments",
        "too_nested",
        "truncated",
        "unknown_link",
        "unseen_acknowledged",
    )

    def __init__(self) -> None:  # noqa: PLR0915 - a list, however long
        # Packets, in the order in which they are refused.
        self.packets = 0
        """All that were fed."""
        self.unknown_link = 0
        """Refused: of a link type that headers.LINKS does not hold."""
        self.not_ip = 0
        """Refused: ARP and the like."""
        self.not_tcp = 0
        """Refused: UDP, ICMP and the like."""
        self.too_nested = 0
        """Refused: more headers than layers.MOST_LAYERS or more tunnels than layers.MOST_TUNNELS."""
        self.malformed = 0
        """Refused: a header that contradicts itself, or of which the capture holds too little."""
        self.bad_checksum = 0
        """Refused: only where checksums are verified."""
        self.tcp_segments = 0
        """Accepted: what is left."""
        self.truncated = 0
        """Of these, cut by the capture's snapshot length: the octets that were captured are used."""

        self.duplicates = 0
        """Of these, datagrams that were seen before: through another port of the mirror, with another TTL, MAC or
        VLAN. Only those with octets, SYN, FIN or RST are looked for. Their octets are in no other count."""
        self.clock_steps = 0
        """Times the capture's clock was set, told by `Engine.stepped` or found where packet times jump back."""

        # Pieces of fragmented IP datagrams. Packets are those refused, those accepted, and the fragments less the
        # datagrams joined: the piece that completes a datagram counts as what the datagram holds.
        self.fragments = 0
        """Pieces of datagrams that may hold TCP."""
        self.datagrams_joined = 0
        """Datagrams that they made whole."""
        self.fragments_dropped = 0
        """Pieces whose datagram never became whole or did not fit fragments.FragmentLimits."""

        # Frames by what they were wrapped in, whatever that held.
        self.in_vlan = 0
        self.in_stacked_vlans = 0
        """Two tags or more, one directly behind the other; these count as in_vlan, too."""
        self.in_mpls = 0
        self.in_pppoe = 0
        self.in_gre = 0
        """Other than ERSPAN."""
        self.in_erspan = 0
        self.in_ip_in_ip = 0
        self.in_vxlan = 0
        self.in_geneve = 0
        self.in_gtpu = 0
        self.in_tzsp = 0

        # Flows.
        self.flows = 0
        """Connections followed, those without data too."""
        self.flows_now = 0
        self.flows_peak = 0
        self.mid_stream = 0
        """Flows of which at least one direction was joined without its SYN."""
        self.one_direction = 0
        """Flows that delivered something and of which the other direction was never seen."""
        self.reused = 0
        """Flows ended because a new connection took over their addresses and ports."""
        self.overlapping = 0
        """Flows that began beside another that lives, with the same addresses and ports."""
        self.idle = 0
        """Flows ended by Limits.idle_time."""
        self.evicted = 0
        """Flows ended by Limits.flows or Limits.flows_beside."""

        # Octets.
        self.gaps = 0
        """Holes of known length that were given up."""
        self.gap_octets = 0
        """Octets in these."""
        self.unseen_acknowledged = 0
        """Of these octets, those that the other side had acknowledged: lost between the line and the capture."""
        self.retransmitted = 0
        """Octets that came again: after their first copy was delivered or while it was buffered."""
        self.overlaps_conflicting = 0
        """Overlaps of two copies that differ, both at hand; the first was kept."""
        self.late_octets = 0
        """Octets that came after their hole was given up, or ahead of where a flow was joined: not delivered."""
        self.implausible = 0
        """Segments, FIN and RST too far from where their flow stands: not used."""
        self.buffered = 0
        """Octets waiting behind a hole or at a join, now."""
        self.buffered_segments = 0
        """Segments in which they wait, now."""
        self.buffered_peak = 0
        """The most octets that waited at any time."""

    def as_dict(self) -> dict[str, int]:
        """All of them, by name."""
        return {name: getattr(self, name) for name in self.__slots__}
