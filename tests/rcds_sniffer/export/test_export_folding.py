"""Lines fold where a reader of their language would fold them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size
from rich.text import Text

from rcds_sniffer.export.folding import fold


def folded(text, first=10, rest=10):
    return [part.plain for part in fold(Text(text), first, rest)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", [""]),
        ("short", ["short"]),
        ("two words here", ["two words", "here"]),
        ("ten chars! more", ["ten chars!", "more"]),
        ("averylongwordthatiscut", ["averylongw", "ordthatisc", "ut"]),
        ("今天晚上我们在老地方", ["今天晚上我", "们在老地方"]),
        ("今天晚上我。们", ["今天晚上", "我。们"]),  # the full stop does not begin a line
        ("今天晚上「我」们", ["今天晚上", "「我」们"]),  # the bracket does not end one
        ("hi 今天晚上", ["hi 今天晚", "上"]),
        ("👩‍👩‍👧👩‍👩‍👧", ["👩‍👩‍👧", "👩‍👩‍👧"]),
    ],
)
def test_folds(text, parts):
    assert folded(text) == parts


def test_the_first_line_may_be_shorter():
    assert folded("one two three four", first=4, rest=10) == ["one", "two three", "four"]


@given(text=st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=60))
def test_nothing_is_lost_and_everything_fits(text):
    parts = folded(text)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(sum(map(get_character_cell_size, part)) <= 10 for part in parts)
    assert all(cell_len(part) <= 10 for part in parts)
