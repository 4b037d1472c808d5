"""Packets from a capture file or an interface, as plain values.

Takes a file name, standard input or an interface; gives batches of :class:`capture.packet.Packet`.
Knows link types and clocks, and no protocol above them.

The doors are :func:`capture.files.open_files`, :func:`capture.live.open_interfaces` and, for files that a daemon
is still writing, :func:`capture.folder.follow_folder`; what they give is described in :mod:`capture.source`, the
filters to set on it are in :mod:`capture.filters`, the errors in :mod:`capture.errors`. Nothing is imported here,
so that a package that wants only the Packet loads only that.
"""
