"""Where a run looks: the ports, the filter that these make, and what is done about ports that the traffic names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from capture.filters import filter_by_expression, filter_for_ports, growing_filter_for_ports
from capture.source import FilterFor, Source
from rcds_sniffer.cli.errors import UserError
from rcds_sniffer.files import FileLimits, FilesError, Vault
from rcds_sniffer.front import Protocols
from rcds_sniffer.new_ports import NO_NEW_PORTS, NewPorts, following, looking_again
from rcds_sniffer.protocols import Protocol, installed

MIB = 1 << 20


class Look:
    """What the options of ``analysis`` say of it."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._bpf: str | None = given["bpf"]
        self._tunnels: bool = given["tunnels"]
        self.any_port: bool = given["any_port"]
        self.protocols: Protocols = [(p, _ports_of(p, given)) for p in installed().values()]
        self.ports: frozenset[int] = frozenset().union(*(ports for _, ports in self.protocols))

    def filter(self) -> FilterFor:
        """What passes from the beginning."""
        if self._bpf is not None:
            return filter_by_expression(self._bpf)
        return filter_for_ports(sorted(self.ports), self._tunnels, every_port=self.any_port)

    def widest(self) -> FilterFor:
        """For what can be read only once, and faster than a filter could follow: whatever the traffic may name."""
        if self._bpf is not None:
            return filter_by_expression(self._bpf)
        return filter_for_ports(sorted(self.ports), self._tunnels, every_port=True)

    def new_ports(self, source: Source, open_again: Callable[[], Source] | None) -> NewPorts:
        """A filter of the user's own stays as it is, and one that lets all ports pass need not follow.

        ``open_again`` opens the capture anew; None for a line.
        """
        if self._bpf is not None or self.any_port:
            return NO_NEW_PORTS
        if open_again is not None and source.size is None:  # a pipe
            source.set_filter(self.widest())
            return NO_NEW_PORTS
        if open_again is None:
            return following(source, lambda new: growing_filter_for_ports(self.ports | new, self._tunnels))
        return looking_again(open_again, lambda new: growing_filter_for_ports(new, self._tunnels))


def _ports_of(protocol: Protocol, given: dict[str, Any]) -> frozenset[int]:
    gateways = protocol.gateway_ports if given["gateways"] else ()
    return frozenset((*(given["ports"] or protocol.ports), *protocol.transfer_ports, *gateways))


def open_vault(given: dict[str, Any], *, sealed: bool = False) -> Vault:
    """Where the targets' files go: the folder of ``--files``; without it only their hashes are made.

    ``sealed``: what comes there can be read by those alone who can read the records.

    Raises:
        UserError: the folder cannot be used.
    """
    folder: str | None = given["files_folder"]
    limits = FileLimits(octets_of_one=given["max_file"] * MIB, octets_of_all=given["max_files"] * MIB)
    try:
        return Vault(None if folder is None else Path(folder), limits, sealed=sealed)
    except FilesError as error:
        raise UserError(f"--files: {error}") from error
