"""The JSON form of an order: text in, terms out; and back.

The form is published as a JSON Schema (``order.schema.json``) and checked against it; what a schema cannot say is
checked here. A message says which field of which order is wrong and never repeats what stands in it, since that may
name a target. An import is taken whole or not at all.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from ipaddress import ip_network
from typing import Any, Final

from rcds_sniffer.orders.order import Identity, Order, Scope, Terms

MAX_OCTETS: Final = 16 << 20
"""Of an import; more is refused."""

MAX_ORDERS: Final = 10_000
"""Of an import; more is refused."""

SECOND: Final = 1_000_000_000
TIME: Final = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})[Tt ](?P<clock>\d{2}:\d{2}:\d{2})(\.(?P<fraction>\d{1,9}))?"
    r"(?P<offset>[Zz]|[+-]\d{2}:\d{2})"
)
ACCOUNT: Final = re.compile(r"tel:\+?\d+|[^\s@;*,]+@[^\s@;*,]+", re.IGNORECASE)
DOMAIN: Final = re.compile(r"[^\s@;*,.]+(\.[^\s@;*,.]+)*")


class FormError(Exception):
    """It is no order; the message says which field is wrong, and how it should be."""


@cache
def schema() -> dict[str, Any]:
    """The published schema (JSON Schema 2020-12)."""
    text = files("rcds_sniffer.orders").joinpath("order.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def read_orders(octets: bytes) -> list[Terms]:
    """The orders of an import: one JSON object, an array of them, or one on each line.

    Raises:
        FormError: one of them is wrong, and so none is taken.
    """
    if len(octets) > MAX_OCTETS:
        raise FormError(f"is larger than {MAX_OCTETS >> 20} MiB; is it a list of orders?")
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormError("is not UTF-8") from None
    said = _parsed(text)
    if not said:
        raise FormError("holds no order")
    if len(said) > MAX_ORDERS:
        raise FormError(f"holds more than {MAX_ORDERS:,} orders; import them in parts")
    many = len(said) > 1
    terms = [read_terms(one, f"order {number}: " if many else "") for number, one in enumerate(said, 1)]
    liids = [one.liid for one in terms]
    for number, liid in enumerate(liids, 1):
        if liid in liids[: number - 1]:
            raise FormError(f"order {number}: liid: stands on another order of this import as well")
    return terms


def read_terms(said: object, where: str = "") -> Terms:
    """The terms that one JSON object says; ``where`` begins a message.

    Raises:
        FormError: it is no order.
    """
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - who reads no order need not wait for it
    from jsonschema.exceptions import best_match  # noqa: PLC0415 - the same

    wrong = best_match(Draft202012Validator(schema()).iter_errors(said))
    if wrong is not None:
        raise FormError(where + _explained(wrong))
    assert isinstance(said, dict)  # noqa: S101 - the schema says so
    begin, end = (_time(said[name], where + name) for name in ("valid_from", "valid_to"))
    if begin >= end:
        raise FormError(f"{where}valid_to: has to be later than valid_from")
    identities = [_identity(one, f"{where}targets[{number}]") for number, one in enumerate(said["targets"])]
    return Terms(
        liid=said["liid"],
        agency=said["agency"],
        legal_reference=said["legal_reference"],
        identities=tuple(dict.fromkeys(identities)),
        valid_from=begin,
        valid_to=end,
        scope=Scope(said["scope"]),
    )


def form_of(terms: Terms) -> dict[str, Any]:
    """The JSON form, which :func:`read_terms` takes."""
    return {
        "liid": terms.liid,
        "agency": terms.agency,
        "legal_reference": terms.legal_reference,
        "targets": [_target(identity) for identity in terms.identities],
        "valid_from": instant(terms.valid_from),
        "valid_to": instant(terms.valid_to),
        "scope": terms.scope.value,
    }


def form_of_order(order: Order) -> dict[str, Any]:
    """The same of an order as it stands, with its state and its history."""
    return {
        **form_of(order.terms),
        "state": order.state.value,
        "proposed": None if order.proposed is None else form_of(order.proposed),
        "history": [
            {"action": step.action, "person": step.person, "time": instant(step.time)} for step in order.history
        ],
    }


def instant(time: int) -> str:
    """RFC 3339 in UTC, to the nanosecond where there are any, of nanoseconds since 1970."""
    seconds, nanoseconds = divmod(time, SECOND)
    fraction = f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _parsed(text: str) -> list[object]:
    try:
        whole = _load(text)
    except ValueError:
        return list(_lines(text))
    return whole if isinstance(whole, list) else [whole]


def _lines(text: str) -> Iterator[object]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield _load(line)
            except ValueError as error:
                what = "says a field twice" if str(error) == TWICE else "is not JSON"
                raise FormError(f"line {number}: {what}") from None


TWICE: Final = "twice"


def _load(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise FormError("is nested too deeply to be an order") from None


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError(TWICE)
    return made


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _explained(error: Any) -> str:
    """In words of our own: the library's repeat what stands in the field."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path).lstrip(".")
    wanted, words = error.validator_value, "is not as the schema has it"
    match error.validator:
        case "required":
            words = "lacks " + ", ".join(name for name in wanted if name not in error.instance)
        case "additionalProperties":
            words = "has a field that there is not; there are: " + ", ".join(error.schema["properties"])
        case "type":
            words = "has to be " + (wanted if isinstance(wanted, str) else " or ".join(wanted))
        case "enum":
            words = "has to be one of: " + ", ".join(wanted)
        case "anyOf" | "minProperties":
            words = "names nobody: give account, domain or address"
        case "not":
            words = "has account and domain: the account is enough"
        case "minItems" | "maxItems":
            words = f"has to have 1 to {error.schema.get('maxItems')} entries"
        case "minLength" | "maxLength":
            words = f"has to have 1 to {error.schema.get('maxLength')} characters"
        case "pattern":
            words = PATTERNS.get(path.rpartition(".")[2], "is empty")
    return f"{path or 'it'}: {words}"


PATTERNS: Final = {
    "liid": "has to be 1 to 25 characters of ASCII without spaces",
    "protocol": "has to be the name of a protocol, as in msnp",
    "valid_from": "has to be a date and time with its offset, as in 2026-11-22T08:00:00Z",
    "valid_to": "has to be a date and time with its offset, as in 2026-11-22T08:00:00Z",
}
"""What a field has to be that does not match its pattern."""


def _time(text: str, where: str) -> int:
    found = TIME.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        offset = found["offset"].upper().replace("Z", "+00:00")
        moment = datetime.fromisoformat(f"{found['day']}T{found['clock']}{offset}")
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        raise FormError(f"{where}: is no date and time with its offset, as in 2026-11-22T08:00:00Z") from None
    fraction = (found["fraction"] or "").ljust(9, "0")
    return (since.days * 86_400 + since.seconds) * SECOND + int(fraction)


def _identity(said: dict[str, Any], where: str) -> Identity:
    account, domain, address = said.get("account"), said.get("domain"), said.get("address")
    return Identity(
        account=None if account is None else _account(account, where),
        domain=None if domain is None else _domain(domain, where),
        address=None if address is None else _address(address, where),
        protocol=said.get("protocol"),
    )


def _account(text: str, where: str) -> str:
    account = text.strip().lower()
    if ACCOUNT.fullmatch(account) is None or not account.isprintable():
        raise FormError(f"{where}.account: looks like alice@example.org or tel:+15550100")
    return account


def _domain(text: str, where: str) -> str:
    domain = text.strip().lower()
    if DOMAIN.fullmatch(domain) is None or not domain.isprintable():
        raise FormError(f"{where}.domain: looks like example.org")
    return domain


def _address(text: str, where: str) -> str:
    try:
        network = ip_network(text.strip(), strict=True)
    except ValueError:
        raise FormError(f"{where}.address: is no IP address or prefix, as in 192.0.2.7 or 2001:db8::/32") from None
    return str(network.network_address if network.num_addresses == 1 else network)


def _target(identity: Identity) -> dict[str, str]:
    fields = {
        "account": identity.account,
        "domain": identity.domain,
        "address": identity.address,
        "protocol": identity.protocol,
    }
    return {name: value for name, value in fields.items() if value is not None}
