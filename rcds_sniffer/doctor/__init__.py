"""What is wrong with a tap, an interface or a capture, and how to mend it.

Takes what the kernel says of an interface and the packets that come from it, or those of a file; gives
:class:`rcds_sniffer.doctor.finding.Finding`, one for each thing looked at. It sends nothing, records nobody, and
what it says holds numbers, VLANs and ports, and no address but the interface's own.
"""
