"""What is captured and how it is put together: the options that ``replay`` and ``capture`` share."""

import socket
from collections.abc import Callable
from typing import Any, TypeVar

import click

from rcds_sniffer.cli import options
from rcds_sniffer.cli.keys import key_options
from reassembly.engines import ENGINES

Function = TypeVar("Function", bound=Callable[..., Any])


def analysis(*, recorded: bool) -> Callable[[Function], Function]:
    """The decorator. What is ``recorded`` already is looked into more closely, unless somebody says otherwise."""
    decorators = (
        click.option(
            "--ports", type=options.Ports(), metavar="PORT,...", help="TCP ports of the servers  [default: 1863]"
        ),
        click.option(
            "--bpf", metavar="FILTER", help="Use this capture filter in place of the one made from the ports."
        ),
        click.option(
            "--tunnels/--no-tunnels",
            default=recorded,
            show_default=True,
            help="Let GRE, ERSPAN, VXLAN and other tunnels pass the filter.",
        ),
        click.option(
            "--gateways/--no-gateways",
            default=recorded,
            show_default=True,
            help="Look for Messenger in HTTP and behind proxies too, on ports 80, 1080 and 8080.",
        ),
        click.option(
            "--any-port", is_flag=True, help="Look at all TCP connections, and find Messenger by what it says."
        ),
        click.option("--separate-vlans", is_flag=True, help="Connections in different VLANs are never one."),
        click.option(
            "--engine",
            type=click.Choice(ENGINES),
            default=ENGINES[0],
            show_default=True,
            help="Stream reassembly.",
        ),
        click.option("--verify-checksums", is_flag=True, help="Drop packets with wrong IP or TCP checksums."),
        click.option(
            "--sensor",
            default=socket.gethostname,
            metavar="NAME",
            help="Name of this sensor  [default: the host's]",
        ),
        click.option(
            "--write",
            type=options.FileName(),
            metavar="FILE",
            help="Keep the packets of the targets' conversations (pcapng).",
        ),
        click.option(
            "--files",
            "files_folder",
            type=options.FileName(),
            metavar="DIR",
            help="Recover the targets' files and pictures into this folder, named by their hashes.",
        ),
        click.option(
            "--max-file",
            type=click.IntRange(min=1),
            default=1024,
            show_default=True,
            metavar="MIB",
            help="What is longer is not kept beyond that.",
        ),
        click.option(
            "--max-files",
            type=click.IntRange(min=1),
            default=16384,
            show_default=True,
            metavar="MIB",
            help="Of all recovered files of this run.",
        ),
        key_options,
        click.option("--no-db", is_flag=True, help="Store nothing; only write the output."),
    )

    def decorate(command: Function) -> Function:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate
