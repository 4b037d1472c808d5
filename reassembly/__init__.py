"""TCP streams from packets, with loss as data.

Takes :class:`capture.packet.Packet`; gives :class:`~reassembly.events.StreamData`,
:class:`~reassembly.events.StreamGap` and :class:`~reassembly.events.StreamEnd` to a callback.
Knows links, IP and TCP, and no protocol above them.
"""
