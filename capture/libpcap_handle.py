"""An interface through our own binding of libpcap."""

from capture.fanout import Fanout
from capture.handle import RETIRE_MILLISECONDS, Opener
from capture.libpcap import Handle, open_interface


def opener(fanout: Fanout | None) -> Opener:
    """See :data:`capture.handle.Opener`."""

    def open_it(name: str, snaplen: int, promiscuous: bool, octets: int) -> Handle:
        handle = open_interface(name, snaplen, promiscuous, RETIRE_MILLISECONDS, octets)
        if fanout is not None:
            fanout.join(handle.descriptor)
        return handle

    return open_it
