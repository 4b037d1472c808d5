"""Ports that the traffic names: the filter of a line follows, a file is read once more."""

import logging

import pytest

from capture.errors import BadFilter
from rcds_sniffer.new_ports import following


class Line:
    """A source that is only asked for its filter."""

    def __init__(self, refuses: bool = False) -> None:
        self.filters: list[str] = []
        self.refuses = refuses

    def set_filter(self, filter_for) -> None:
        if self.refuses:
            raise BadFilter("it does not fit")
        self.filters.append(filter_for(1))


def test_the_filter_of_a_line_follows() -> None:
    line = Line()
    following(line, lambda ports: lambda _: f"ports {sorted(ports)}").widen(frozenset({2, 1}))  # type: ignore[arg-type]
    assert line.filters == ["ports [1, 2]"]


def test_a_filter_that_cannot_grow_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        following(Line(refuses=True), lambda _: lambda _: "").widen(frozenset({1}))  # type: ignore[arg-type]
    assert "are not followed: it does not fit" in caplog.text
