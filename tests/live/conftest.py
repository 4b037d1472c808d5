"""One network, one MSN service and one town for all live tests; without root there is neither.

Under CI a test that cannot run has failed: it would otherwise never be missed.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .msn_server import MsnServer
from .namespaces import Namespace, remove_leftovers
from .network import Network
from .town import Talk, Town


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    """Hosts, hub and switch."""
    tools = [tool for tool in ("ip", "tc", "tcpdump") if shutil.which(tool) is None]
    if os.geteuid() != 0 or tools:
        problem = f"live tests need root and {', '.join(tools) or 'nothing else'}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(problem)
    remove_leftovers()
    with Network() as made, MsnServer(made.server):
        yield made


@pytest.fixture(scope="session")
def span(network: Network) -> Namespace:
    """A sensor on a mirror port that shows the whole uplink."""
    sensor = network.sensor("span")
    network.mirrors(network.port(sensor))
    return sensor


@pytest.fixture(scope="session")
def town(network: Network) -> Town:
    """The people; nobody is online yet."""
    return Town(network)


@pytest.fixture(scope="module")
def talk(town: Town) -> Iterator[Talk]:
    """Alice and Bob online, in a conversation."""
    with Talk(town) as made:
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For what programs on sensors write."""
    return tmp_path_factory.mktemp("live")
