"""The reference's own byte sequences, where they are at hand: whole, octet by octet, and with more behind."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from msnp.commands import COMMANDS
from msnp.frames import Frame
from tests.msnp.test_framing import MORE, C, S, one_by_one, read, whole

FILE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "msnp_vectors.py"
SIDES = {"C>NS": C, "C>SB": C, "NS>C": S, "SB>C": S}


def load() -> list[Any]:
    """Side and octets of each that is MSNP."""
    if not FILE.is_file():
        return []
    spec = importlib.util.spec_from_file_location("reference_vectors", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [
        pytest.param(SIDES[way], octets, id=name)
        for name, _title, way, octets, _meaning in module.VECTORS
        if way in SIDES
    ]


VECTORS = load()
pytestmark = pytest.mark.skipif(not VECTORS, reason="the reference is not at hand")
JOINED_LATE = b"rse-and-cart"
"""How the vector begins that is joined in mid-payload."""
UNKNOWN = b"XYZ"
"""How the one begins whose command no table knows: none begins a stream, so another stands in front."""


@pytest.mark.parametrize("feed", [whole, one_by_one])
@pytest.mark.parametrize("more", [False, True])
@pytest.mark.parametrize(("side", "octets"), VECTORS)
def test_every_octet_is_a_known_command(side: bool, octets: bytes, more: bool, feed: Any) -> None:
    before = b"CHL 0 1\r\n" if octets.startswith(UNKNOWN) else b""
    items = read(side, before + octets + (MORE[side] if more else b""), feed)
    if octets.startswith(JOINED_LATE):
        items = items[1:]
    for item in items:
        assert isinstance(item, Frame)
        assert (side, item.tokens[0][:3]) in COMMANDS or item.shape is not None or item.tokens[0] == UNKNOWN
        assert item.payload is None or not item.payload.missing
