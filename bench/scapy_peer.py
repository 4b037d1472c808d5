"""scapy as a peer: every packet of a capture read, its TCP payload on port 1863 written in hexadecimal, a line
each.

It puts no stream in order and decodes no MSN: what scapy itself costs, and no more.
"""

import sys

from scapy.layers.inet import TCP
from scapy.layers.l2 import Ether  # noqa: F401 - makes the link type known
from scapy.utils import PcapReader


def main() -> None:
    """Print the payloads."""
    with PcapReader(sys.argv[1]) as packets:
        for packet in packets:
            segment = packet.getlayer(TCP)
            if segment is not None and 1863 in (segment.sport, segment.dport):
                print(bytes(segment.payload).hex())


if __name__ == "__main__":
    main()
