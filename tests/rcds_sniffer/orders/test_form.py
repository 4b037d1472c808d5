"""The JSON form of an order: read strictly, written so that it is read again, and silent about whom it names."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rcds_sniffer.orders.form import (
    MAX_OCTETS,
    FormError,
    form_of,
    form_of_order,
    instant,
    read_orders,
    read_terms,
    schema,
)
from rcds_sniffer.orders.order import Identity, Order, Scope, State, Step, Terms

SECOND = 1_000_000_000
GOOD: dict[str, Any] = {
    "liid": "L-1",
    "agency": "警察 🚓",
    "legal_reference": "محكمة 17/26",
    "targets": [{"account": "Alice@Example.ORG"}],
    "valid_from": "2026-11-22T08:00:00Z",
    "valid_to": "2026-12-22T08:00:00Z",
    "scope": "iri",
}


def read(**changes: Any) -> Terms:
    (terms,) = read_orders(json.dumps({**GOOD, **changes}).encode())
    return terms


def test_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())
    Draft202012Validator(schema()).validate(GOOD)


def test_fields_are_read_exactly() -> None:
    terms = read(valid_from="2026-11-22T08:00:00.123456789+01:00", scope="iri+cc")
    assert terms.identities == (Identity(account="alice@example.org"),)
    assert terms.valid_from == 1_795_330_800 * SECOND + 123_456_789
    assert (terms.agency, terms.legal_reference, terms.scope) == ("警察 🚓", "محكمة 17/26", Scope.IRI_CC)


@pytest.mark.parametrize(
    ("target", "identity"),
    [
        ({"account": " Bob@Example.com "}, Identity(account="bob@example.com")),
        ({"account": "tel:+15550100"}, Identity(account="tel:+15550100")),
        ({"domain": "Example.ORG"}, Identity(domain="example.org")),
        ({"domain": "例え.jp"}, Identity(domain="例え.jp")),
        ({"address": "192.0.2.7"}, Identity(address="192.0.2.7")),
        ({"address": "192.0.2.7/32"}, Identity(address="192.0.2.7")),
        ({"address": "192.0.2.0/24"}, Identity(address="192.0.2.0/24")),
        ({"address": "2001:DB8:0:0::/32"}, Identity(address="2001:db8::/32")),
        (
            {"account": "a@b", "address": "::1", "protocol": "msnp"},
            Identity(account="a@b", address="::1", protocol="msnp"),
        ),
        ({"domain": "b.c", "address": "10.0.0.0/8"}, Identity(domain="b.c", address="10.0.0.0/8")),
    ],
)
def test_identities_are_canonical(target: Mapping[str, str], identity: Identity) -> None:
    assert read(targets=[target]).identities == (identity,)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"liid": ""}, "liid: has to be 1 to 25"),
    ({"liid": "L" * 26}, "liid: has to be 1 to 25"),
    ({"liid": "L 1"}, "liid: has to be 1 to 25"),
    ({"liid": "L-ü"}, "liid: has to be 1 to 25"),
    ({"liid": "L-1\n"}, "liid: has to be 1 to 25"),
    ({"liid": 17}, "liid: has to be string"),
    ({"agency": " "}, "agency: is empty"),
    ({"agency": "x" * 501}, "agency: has to have 1 to 500"),
    ({"targets": []}, "targets: has to have 1 to"),
    ({"targets": ["secret@x.y"]}, r"targets\[0\]: has to be object"),
    ({"targets": [{}]}, r"targets\[0\]: names nobody"),
    ({"targets": [{"protocol": "msnp"}]}, r"targets\[0\]: names nobody"),
    ({"targets": [{"account": "secret"}]}, r"targets\[0\].account: looks like"),
    ({"targets": [{"account": "secret@*"}]}, r"targets\[0\].account: looks like"),
    ({"targets": [{"account": "secret@x y"}]}, r"targets\[0\].account: looks like"),
    ({"targets": [{"account": "secret@x.y\u202e"}]}, r"targets\[0\].account: looks like"),
    ({"targets": [{"domain": "@secret"}]}, r"targets\[0\].domain: looks like"),
    ({"targets": [{"domain": "secret..org"}]}, r"targets\[0\].domain: looks like"),
    ({"targets": [{"account": "secret@x.y", "domain": "secret"}]}, r"targets\[0\]: has account and domain"),
    ({"targets": [{"address": "192.0.2.7/24"}]}, r"targets\[0\].address: is no IP"),
    ({"targets": [{"address": "secret"}]}, r"targets\[0\].address: is no IP"),
    ({"targets": [{"account": "secret@x.y", "mac": "0"}]}, r"targets\[0\]: has a field that there is not"),
    ({"valid_from": "2026-11-22"}, "valid_from: has to be a date and time with its offset"),
    ({"valid_from": "2026-11-22T08:00:00"}, "valid_from: has to be a date and time with its offset"),
    ({"valid_from": "2026-02-30T08:00:00Z"}, "valid_from: is no date"),
    ({"valid_to": "2026-11-22T08:00:00Z"}, "valid_to: has to be later"),
    ({"scope": "all"}, "scope: has to be one of: iri, iri.cc"),
    ({"secret": 1}, "it: has a field that there is not"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG)
def test_mistake_is_named_by_its_field_and_nobody_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(FormError, match=words) as caught:
        read(**changes)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["liid", "agency", "legal_reference", "targets", "valid_from", "valid_to", "scope"]
)
def test_every_field_is_needed(name: str) -> None:
    with pytest.raises(FormError, match=f"lacks {name}"):
        read_terms({key: value for key, value in GOOD.items() if key != name})


def several(*liids: str) -> list[dict[str, Any]]:
    return [{**GOOD, "liid": liid} for liid in liids]


@pytest.mark.parametrize("form", ["array", "lines", "bom"])
def test_several_are_read_as_array_or_lines(form: str) -> None:
    said = several("L-1", "L-2", "L-3")
    text = json.dumps(said) if form == "array" else "\n\n".join(json.dumps(one) for one in said) + "\n"
    octets = (b"\xef\xbb\xbf" if form == "bom" else b"") + text.encode()
    assert [terms.liid for terms in read_orders(octets)] == ["L-1", "L-2", "L-3"]


def test_one_wrong_order_spoils_all_and_is_told_by_its_place() -> None:
    said = several("L-1", "L-2")
    del said[1]["scope"]
    with pytest.raises(FormError, match="order 2: it: lacks scope"):
        read_orders(json.dumps(said).encode())


def test_liid_stands_once_in_an_import() -> None:
    with pytest.raises(FormError, match="order 3: liid: stands on another"):
        read_orders(json.dumps(several("L-1", "L-2", "L-1")).encode())


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "holds no order"),
        (b"[]", "holds no order"),
        (b"{", "line 1: is not JSON"),
        (b'{"liid": 1, "liid": 2}', "line 1: says a field twice"),
        (b'{"liid": NaN}', "line 1: is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe", "is not UTF-8"),
        (b" " * (MAX_OCTETS + 1), "is larger than 16 MiB"),
    ],
)
def test_what_is_no_order_is_refused(octets: bytes, words: str) -> None:
    with pytest.raises(FormError, match=words):
        read_orders(octets)


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50).filter(lambda text: text.strip())
NAMES = st.text("abcdefg0123", min_size=1, max_size=10)
IDENTITIES = st.one_of(
    st.builds(lambda a, b: Identity(account=f"{a}@{b}"), NAMES, NAMES),
    st.builds(lambda a, b: Identity(domain=f"{a}.{b}", protocol="msnp"), NAMES, NAMES),
    st.builds(lambda a: Identity(address=str(a)), st.ip_addresses()),
)
TIMES = st.integers(-30 * 365 * 86_400 * SECOND, 200 * 365 * 86_400 * SECOND)


@st.composite
def any_terms(draw: st.DrawFn) -> Terms:
    begin, end = sorted(draw(st.lists(TIMES, min_size=2, max_size=2, unique=True)))
    liid = draw(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=25))
    identities = tuple(dict.fromkeys(draw(st.lists(IDENTITIES, min_size=1, max_size=5))))
    return Terms(liid, draw(WORDS), draw(WORDS), identities, begin, end, draw(st.sampled_from(Scope)))


@given(any_terms())
def test_what_is_written_is_read_again(terms: Terms) -> None:
    assert read_orders(json.dumps(form_of(terms)).encode()) == [terms]


@given(any_terms(), any_terms())
def test_export_is_an_import(terms: Terms, proposed: Terms) -> None:
    order = Order("0" * 32, State.CHANGED, terms, proposed, (Step("enter", "卡罗尔", 5),))
    assert read_orders(json.dumps(form_of_order(order)).encode()) == [terms]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner),
)


@given(ANYTHING)
def test_nothing_else_gets_through(said: Any) -> None:
    with pytest.raises(FormError):
        read_terms(said)


def test_instants_keep_nanoseconds() -> None:
    assert instant(1_795_330_800 * SECOND + 1) == "2026-11-22T07:00:00.000000001Z"
    assert instant(1_795_330_800 * SECOND) == "2026-11-22T07:00:00Z"
