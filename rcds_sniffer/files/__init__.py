"""The contents of files and pictures that passed the tap: octets with their offsets in, whole or partial files out.

A transfer is on several tapped connections at once, each of which may have lost other octets of it. What they all
carried is put together here; the first octets seen at an offset stand. Nobody here knows who is recorded: the
recorder hands in the octets of the targets' transfers, and of no others.

Everything that comes is hostile: sizes, offsets and names are the sender's. So no name of a sender's ever becomes
one on the disk, no offset makes a file larger than its limit, and each thing that could grow has a limit
(:class:`~rcds_sniffer.files.limits.FileLimits`).
"""

from rcds_sniffer.files.folder import FilesError
from rcds_sniffer.files.limits import Counters, FileLimits
from rcds_sniffer.files.vault import TransferKey, Vault

__all__ = ["Counters", "FileLimits", "FilesError", "TransferKey", "Vault"]
