"""Sealing: it opens for who has the key and says what it is about, and for nobody else."""

import copy
import os
import pickle
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from rcds_sniffer.secrecy import MasterKey, OrderKey, SecrecyError

KEY = OrderKey(bytes(range(32)))
keys = st.binary(min_size=32, max_size=32)


@given(st.binary(), st.text(), keys)
def test_what_is_sealed_opens_as_it_was(octets: bytes, about: str, key: bytes) -> None:
    sealed = OrderKey(key).seal(octets, about)
    assert OrderKey(key).open(sealed, about) == octets
    assert len(sealed) == len(octets) + 28


@given(st.binary(min_size=8), st.integers(0), st.integers(1, 255))
def test_any_octet_changed_is_found(octets: bytes, place: int, change: int) -> None:
    sealed = bytearray(KEY.seal(octets, "x"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(SecrecyError):
        KEY.open(bytes(sealed), "x")


@given(st.binary(), st.integers(0), st.binary(min_size=1))
def test_cut_or_longer_is_found(octets: bytes, place: int, more: bytes) -> None:
    sealed = KEY.seal(octets, "x")
    for other in (sealed[: place % len(sealed)], sealed[place % len(sealed) + 1 :], sealed + more):
        with pytest.raises(SecrecyError):
            KEY.open(other, "x")


@given(st.binary(), st.text(), st.text(), keys)
def test_it_opens_for_one_key_and_one_place(octets: bytes, about: str, other: str, key: bytes) -> None:
    sealed = KEY.seal(octets, about)
    if other != about:
        with pytest.raises(SecrecyError):
            KEY.open(sealed, other)
    if key != bytes(range(32)):
        with pytest.raises(SecrecyError):
            OrderKey(key).open(sealed, about)


@given(st.binary(max_size=200))
def test_whatever_octets_are_refused_in_one_line(octets: bytes) -> None:
    with pytest.raises(SecrecyError) as refused:
        KEY.open(octets, "x")
    assert "\n" not in str(refused.value)


def test_the_same_sealed_twice_is_not_the_same() -> None:
    assert len({KEY.seal(b"hello", "x") for _ in range(1000)}) == 1000


def test_it_is_plain_aes_gcm_under_hkdf() -> None:
    """With the standards alone, what we sealed can be opened in twenty years."""
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - here alone

    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"rcds-sniffer seal").derive(bytes(range(32)))
    sealed = KEY.seal(b"hello", "place")
    assert AESGCM(made).decrypt(sealed[:12], sealed[12:], b"place") == b"hello"


@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
def test_pseudonyms_are_steady_and_tell_apart(one: str, other: str) -> None:
    assert KEY.pseudonym(one) == KEY.pseudonym(one)
    assert (KEY.pseudonym(one) == KEY.pseudonym(other)) == (one == other)
    assert OrderKey(bytes(32)).pseudonym(one) != KEY.pseudonym(one)
    assert len(KEY.pseudonym(one)) == 32
    assert KEY.pseudonym(one) != sha256(one.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def test_keys_for_different_purposes_differ() -> None:
    master = MasterKey(os.urandom(32))
    assert len({master.derive(purpose) for purpose in ("seal", "pseudonym", "keyring", "audit log")}) == 4


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_none(length: int) -> None:
    with pytest.raises(SecrecyError):
        OrderKey(bytes(length))


def test_keys_show_themselves_nowhere() -> None:
    octets = b"secret-octets-of-a-key-in-32-oct"
    for key in (MasterKey(octets), OrderKey(octets)):
        assert "secret" not in repr(key) + str(key) + f"{key!r:>100}"
        for take in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError):
                take(key)
        with pytest.raises(AttributeError):
            vars(key)["_octets"] if hasattr(key, "__dict__") else key.__dict__
