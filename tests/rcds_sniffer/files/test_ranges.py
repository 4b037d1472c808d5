"""Ranges against a set of offsets."""

from hypothesis import given
from hypothesis import strategies as st

from rcds_sniffer.files.ranges import Ranges

PIECES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=30)


@given(PIECES, st.integers(0, 80))
def test_ranges_are_a_set_of_offsets(pieces, size):
    ranges, there = Ranges(), set()
    for begin, length in pieces:
        new = set(range(begin, begin + length)) - there
        assert {o for b, e in ranges.missing(begin, begin + length) for o in range(b, e)} == new
        if length:
            joined = any(o in there for o in range(begin - 1, begin + length + 1))
            assert ranges.touches(begin, begin + length) is joined
        ranges.add(begin, begin + length)
        there |= new
        check(ranges, there)
    assert ranges.clip(size) == len({o for o in there if o >= size})
    check(ranges, {o for o in there if o < size})


def check(ranges, there):
    assert {o for b, e in ranges for o in range(b, e)} == there
    assert ranges.octets == len(there)
    assert ranges.end == max(there, default=-1) + 1
    assert ranges.front == next(n for n in range(200) if n not in there)
    bounds = [bound for pair in ranges for bound in pair]
    assert bounds == sorted(set(bounds)), "disjoint, sorted, and neighbours are one"
