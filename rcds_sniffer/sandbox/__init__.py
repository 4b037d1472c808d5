"""A process that reads hostile octets gives up all that it does not need for that.

Takes the descriptors that are open, and folders in which files are written; gives back nothing, for good: no other
user's rights, no capability, no new file, no socket, no program. What it opened before goes on working. Imports
nothing of the rest of the program. Why so: docs/decisions/016-sandbox.md; what it holds: docs/sandbox.md.
"""

from rcds_sniffer.sandbox.calls import Muted
from rcds_sniffer.sandbox.entering import Confinement, enter
from rcds_sniffer.sandbox.errors import SandboxError

__all__ = ["Confinement", "Muted", "SandboxError", "enter"]
