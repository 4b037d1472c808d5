"""A look at it: people talk, a switch mirrors them, and a sensor shows the target's conversation as it happens.

Some twenty seconds, as root: ``python -m tests.live``. Everything is made for it and gone after it.
"""

import os
import signal
import subprocess
import sys
import time

from .msn_server import MsnServer
from .namespaces import remove_leftovers
from .network import Network
from .sensor import eventually, packet_sockets
from .town import ALICE, Talk, Town

SECONDS = 20
LINES = (
    ("bob", "hey, are you there?"),
    ("alice", "yes! 你呢?考完了吗?"),
    ("bob", "考完了 😄 finally"),
    ("alice", "مبروك! shall we meet at five?"),
    ("bob", "five is fine"),
    ("alice", "see you 👍"),
)


def main() -> None:
    """Until the time is over, or Ctrl-C."""
    if os.geteuid() != 0:
        sys.exit("network namespaces need root: sudo python -m tests.live")
    remove_leftovers()
    with Network() as network, MsnServer(network.server):
        sensor = network.sensor("sensor")
        network.mirrors(network.port(sensor))
        program = ["rcds_sniffer", "capture", "-i", "tap0", "--target", ALICE, "--no-db", "--follow"]
        print("on a sensor behind a mirror port:", "rcds-sniffer", *program[1:], flush=True)
        capture = subprocess.Popen(["ip", "netns", "exec", sensor.name, sys.executable, "-m", *program])
        try:
            eventually(lambda: packet_sockets(capture.pid), "the sensor listens")
            _play(Town(network), time.monotonic() + SECONDS)
        except KeyboardInterrupt:
            pass
        finally:
            capture.send_signal(signal.SIGTERM)
            capture.wait()


def _play(town: Town, until: float) -> None:
    with Talk(town) as talk:
        people = {"alice": town.alice, "bob": town.bob}
        for who, text in LINES:
            talk.chat.types(people[who])
            time.sleep(1.2)
            talk.chat.says(people[who], text)
            talk.others_say()
            time.sleep(1.2)
        talk.chat.settles()
        time.sleep(max(0.0, until - time.monotonic()))


if __name__ == "__main__":
    main()
