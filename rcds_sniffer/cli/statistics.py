"""What a capture did so far: a line now and then for the log, and the same numbers for Prometheus on request.

Numbers only: neither names anybody. The numbers are read when they are asked for; the hot path pays nothing.
"""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from rcds_sniffer.backlog import Backlog
from rcds_sniffer.beside import Beside
from rcds_sniffer.cli.errors import UserError
from rcds_sniffer.cli.wording import number
from rcds_sniffer.pipeline import Outcome

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

log = logging.getLogger(__name__)

NOW = frozenset({"flows_now", "flows_peak", "buffered", "buffered_segments", "buffered_peak"})
"""Of the engine's counters those that are no sums."""

LATE_SECONDS = 0.1
"""From how long on it is told that the database is behind."""

END_SECONDS = 0.01
"""How long Prometheus' server may take to notice that the capture ends; prometheus_client's own takes 0.5."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a run did so far."""

    outcome: Outcome
    waiting: int
    """Records that could not be written yet."""
    given_up: int
    """Records that will not be."""
    behind: float = 0.0
    """Seconds since the oldest record was brought that the database is still to store."""


def snapshot(
    outcome: Callable[[], Outcome], backlogs: Iterable[Backlog], store: Beside[Any] | None = None
) -> Callable[[], Snapshot]:
    """Gives what tells the numbers of now."""
    backlogs = list(backlogs)

    def take() -> Snapshot:
        under_way, behind = (0, 0.0) if store is None else (store.waiting, store.behind)
        waiting = sum(b.waiting for b in backlogs) + under_way
        return Snapshot(outcome(), waiting, sum(b.given_up for b in backlogs), behind)

    return take


def line(now: Snapshot) -> str:
    """The line for the log."""
    source, engine = now.outcome.source, now.outcome.engine
    parts = [
        number(source.received, "packet"),
        f"{source.dropped_kernel or 0:,} dropped by the kernel",
        f"{source.dropped_interface or 0:,} by the interface",
        f"{number(engine.get('flows', 0), 'connection')} ({engine.get('flows_now', 0):,} now)",
        f"{number(engine.get('gap_octets', 0), 'octet')} never seen",
        number(now.outcome.recorder.get("records", 0), "record"),
    ]
    if now.waiting or now.given_up:
        parts.append(f"{now.waiting:,} of them waiting to be written, {now.given_up:,} given up")
    if now.behind >= LATE_SECONDS:
        parts.append(f"the database is {now.behind:.1f} s behind")
    if now.outcome.faults:
        parts.append(f"{number(now.outcome.faults, 'connection')} given up by a fault of this program")
    return ", ".join(parts)


def now_and_then(take: Callable[[], Snapshot], seconds: float) -> Callable[[], None]:
    """What the pipeline calls between batches: every ``seconds`` of monotonic time it logs a line; 0: never."""
    if not seconds:
        return lambda: None
    due = time.monotonic() + seconds

    def tick() -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + seconds
            log.info("so far %s", line(take()))

    return tick


class Address(click.ParamType[tuple[str, int]]):
    """``HOST:PORT``, or a port of this host alone."""

    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """From the command line or from TOML."""
        host, _, port = str(value).rpartition(":")
        if not port.isdecimal() or not 1 <= int(port) <= 65535:
            self.fail(f"{value!r} is no address; write 127.0.0.1:9108, or 9108 alone", param, ctx)
        return host.strip("[]") or "127.0.0.1", int(port)


@contextlib.contextmanager
def bound_metrics(address: tuple[str, int] | None) -> Iterator["WSGIServer | None"]:
    """A place to answer Prometheus at, so far without an answer: a sandbox may come in between.

    Raises:
        UserError: prometheus_client is not installed, or nothing can be served there.
    """
    if address is None:
        yield None
        return
    try:
        import prometheus_client  # noqa: F401, PLC0415 - only on request
    except ImportError as error:
        raise UserError("--metrics needs prometheus-client: pip install 'rcds-sniffer[metrics]'") from error
    from socketserver import ThreadingMixIn  # noqa: PLC0415 - the same
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server  # noqa: PLC0415 - the same

    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True
        address_family = family

    class Silent(WSGIRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Who asked is nobody's business."""

    def too_early(environ: object, start: Callable[..., object]) -> list[bytes]:
        del environ
        start("503 Service Unavailable", [])
        return []

    try:
        server = make_server(*address, too_early, Server, Silent)
    except OSError as error:
        raise UserError(f"--metrics: {address[0]}:{address[1]} cannot be served: {error.strerror}") from error
    try:
        yield server
    finally:
        server.server_close()


@contextlib.contextmanager
def answered_metrics(server: "WSGIServer | None", take: Callable[[], Snapshot]) -> Iterator[None]:
    """Answers Prometheus while it lasts, with what ``take`` gives."""
    if server is None:
        yield
        return
    import prometheus_client as prometheus  # noqa: PLC0415 - only on request

    registry = prometheus.CollectorRegistry(auto_describe=False)

    class Collector(prometheus.registry.Collector):
        def collect(self) -> Iterator[prometheus.Metric]:
            for name, text, kind, label, values in families(take()):
                family = prometheus.Metric(f"rcds_{name}", text, kind)
                suffix = "_total" if kind == "counter" else ""
                for key, value in values.items():
                    family.add_sample(f"rcds_{name}{suffix}", {label: key} if label else {}, value)
                yield family

    registry.register(Collector())
    server.set_app(prometheus.make_wsgi_app(registry))
    thread = threading.Thread(target=server.serve_forever, args=(END_SECONDS,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def served_metrics(address: tuple[str, int] | None, take: Callable[[], Snapshot]) -> Iterator[None]:
    """Both at once."""
    with bound_metrics(address) as server, answered_metrics(server, take):
        yield


Family = tuple[str, str, str, str, Mapping[str, float]]
"""Name, help, kind, the name of the label or nothing, and the values by label."""


def families(now: Snapshot) -> Iterator[Family]:
    """The metrics."""
    outcome, source = now.outcome, now.outcome.source
    dropped = {"kernel": source.dropped_kernel or 0, "interface": source.dropped_interface or 0}
    yield "packets", "Packets read", "counter", "", {"": source.received}
    yield "packets_dropped", "Packets lost before they could be read", "counter", "where", dropped
    yield "interruptions", "Times an interface was away", "counter", "", {"": source.interruptions}
    yield "faults", "Connections given up by a fault of this program", "counter", "", {"": outcome.faults}
    yield "clock_steps", "Times the capture clock was set", "counter", "", {"": source.clock_steps}
    sums = {name: value for name, value in outcome.engine.items() if name not in NOW}
    yield "reassembly", "What the stream engine counted", "counter", "what", sums
    current = {name: value for name, value in outcome.engine.items() if name in NOW}
    yield "reassembly_now", "What the stream engine holds", "gauge", "what", current
    yield "records", "Communication records by event", "counter", "event", dict(outcome.events)
    yield "records_waiting", "Records that could not be written yet", "gauge", "", {"": now.waiting}
    yield (
        "storing_behind_seconds",
        "Age of the oldest record under way to the database",
        "gauge",
        "",
        {"": now.behind},
    )
    yield "records_given_up", "Records that will not be written", "counter", "", {"": now.given_up}
