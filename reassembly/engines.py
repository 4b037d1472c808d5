"""The engines by name: the one place that knows them all."""

from collections.abc import Callable
from importlib import import_module
from typing import Final

from reassembly.engine import Engine, EventCallback
from reassembly.limits import DEFAULT_LIMITS, LIVE_LIMITS
from reassembly.native import NativeEngine

ENGINES: Final = ("native", "libnids")
"""The first is the default."""


class EngineUnavailable(Exception):  # noqa: N818 - read in a sentence: "except EngineUnavailable"
    """This engine is not here, or cannot do what is asked; the message is one line that says how to mend it."""


def make_engine(
    name: str,
    callback: EventCallback,
    *,
    server_ports: frozenset[int],
    verify_checksums: bool = False,
    separate_vlans: bool = False,
    live: bool = False,
) -> Engine:
    """A new engine of that name.

    Args:
        name: one of `ENGINES`. Of ``libnids`` a process can have one at a time.
        callback: takes each stream event.
        server_ports: TCP ports that tell the server of a connection whose SYN was not seen.
        verify_checksums: refuse packets with wrong IP or TCP checksums.
        separate_vlans: equal addresses and ports in different VLANs or VNIs are different connections.
        live: the packets come as they happen, and nothing waits for others that may have been shuffled in a file.

    Raises:
        EngineUnavailable: see there.
    """
    if name == "native":
        return NativeEngine(
            callback,
            limits=LIVE_LIMITS if live else DEFAULT_LIMITS,
            server_ports=server_ports,
            verify_checksums=verify_checksums,
            separate_vlans=separate_vlans,
        )
    if name != "libnids":
        raise EngineUnavailable(f"there is no engine {name}, only {' and '.join(ENGINES)}")
    if separate_vlans:
        raise EngineUnavailable("libnids does not look at VLAN tags: use --separate-vlans with --engine native")
    return _libnids()(callback, verify_checksums)


def _libnids() -> Callable[[EventCallback, bool], Engine]:
    # Not before somebody asks for it: some have no libnids.
    try:
        import_module("reassembly.nids")
    except ImportError as error:
        raise EngineUnavailable(
            f"the engine libnids was not built here ({error}): "
            "apt-get install libnids-dev gcc python3-dev, then install rcds-sniffer again"
        ) from error
    from reassembly.libnids import LibnidsEngine  # noqa: PLC0415

    return LibnidsEngine
