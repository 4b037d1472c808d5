"""Accounts in all their spellings."""

import pytest

from msnp.accounts import endpoint, network, normalise


@pytest.mark.parametrize(
    ("token", "account"),
    [
        ("Lou@A.Example", "lou@a.example"),
        ("lou@a.example;{11111111-2222-3333-4444-555555555555}", "lou@a.example"),
        ("1:lou@a.example", "lou@a.example"),
        ("32:lou@a.example;epid={0-1}", "lou@a.example"),
        ("1:lou@a.example;via=9:0-0@live.com", "lou@a.example"),
        (
            "9:00000000-0000-0000-0009-0123456789ab@live.com;path=IM",
            "00000000-0000-0000-0009-0123456789ab@live.com",
        ),
        ("tel:+15550177", "tel:+15550177"),
        ("4:tel:+15550177", "tel:+15550177"),
        (" lou@a.example ", "lou@a.example"),
        ("josé@a.example", "josé@a.example"),
        ("lou@localhost", "lou@localhost"),
    ],
)
def test_normalise(token: str, account: str) -> None:
    assert normalise(token) == account
    assert normalise(token.encode()) == account
    assert normalise(account) == account


@pytest.mark.parametrize(
    "token", ["", "@", "lou", "lou@", "@a", "a@b@c", "a b@c", "1:", "tel:", "Hotmail", "x@" + "y" * 600]
)
def test_what_names_nobody(token: str) -> None:
    assert normalise(token) is None


def test_endpoint_and_network() -> None:
    assert endpoint(b"lou@a.example;{AB-1}") == "{ab-1}"
    assert endpoint(b"lou@a.example") == ""
    assert network(b"32:lou@a.example") == 32
    assert network(b"lou@a.example") is None
    assert network(b"12345:lou@a.example") is None
