"""The engines by name: the one place that knows them all."""

from typing import Final

from reassembly.engine import Engine, EventCallback
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
) -> Engine:
    """A new engine of that name.

    Raises:
        EngineUnavailable: see there.
    """
    del separate_vlans
    if name != "native":
        raise EngineUnavailable(f"the engine {name} is not installed")
    return NativeEngine(callback, server_ports=server_ports, verify_checksums=verify_checksums)
