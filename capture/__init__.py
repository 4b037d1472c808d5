"""Packets from a capture file or an interface, as plain values.

Takes a file name, standard input or an interface; gives batches of :class:`capture.packet.Packet`.
Knows link types and clocks, and no protocol above them.
"""
