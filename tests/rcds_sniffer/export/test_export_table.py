"""The flat table."""

import textwrap

import pytest
from rich.cells import cell_len

from .export_crafting import BOB, evening, export, make_record


def stripped(text):
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


SOME = slice(2, 9)


def test_on_eighty_columns():
    expected = """\
        time UTC  event             sender → recipients        text
        Sunday 2026-11-22
        22:15:02  presence       ←  bob@example.org            is busy
                                    → alice@example.org
        22:16:00  invite         →  alice@example.org          invited bob@example.org
                                    → bob@example.org
        22:16:01  join              bob@example.org            joined
                                    → alice@example.org
        22:16:03  typing         →  alice@example.org          is typing
                                    → bob@example.org
        22:16:08  typing         →  alice@example.org          is typing
                                    → bob@example.org
        22:16:10  message        →  alice@example.org          Hi Bob, are you coming
                                    → bob@example.org          tonight?
        22:16:15  message        ←  bob@example.org            Yes! Three things to
                                    → alice@example.org        bring:
                                                               - bread
                                                               - wine
                                                               - the map
        """
    assert stripped(export("table", evening()[SOME], width=80)) == textwrap.dedent(expected)


def test_on_a_wide_terminal():
    shown = stripped(export("table", evening()[SOME], width=120)).splitlines()
    assert shown[7] == (
        "22:16:10  message        →  alice@example.org → bob@example.org   Hi Bob, are you coming tonight?"
    )


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width):
    assert max(map(cell_len, export("table", evening(), width=width).splitlines())) <= width


def test_elsewhere_a_record_is_one_whole_line():
    shown = export("table", evening()).splitlines()
    assert len(shown) == len(evening())
    assert shown[7] == (
        "2026-11-22T22:16:10.000000Z  message        →  alice@example.org → bob@example.org  "
        "Hi Bob, are you coming tonight?"
    )
    assert shown[8].endswith(r"Yes! Three things to bring:\n- bread\n- wine\n- the map")


def test_elsewhere_nothing_is_cut():
    long = make_record(text="x" * 1_000_000, recipients=tuple(f"{n}@example.org" for n in range(500)))
    shown = export("table", [long])
    assert "x" * 1_000_000 in shown
    assert "499@example.org" in shown


def test_on_a_terminal_what_is_cut_is_counted():
    long = make_record(text="x" * 1_000_000, recipients=tuple(f"{n}@example.org" for n in range(500)))
    shown = " ".join(export("table", [long], width=120).split())
    assert "characters" in shown
    assert "and 492 more" in shown


def test_the_target_is_named_where_it_is_neither_sender_nor_recipient():
    assert f"{BOB} (alice@example.org)" in export("table", [make_record(sender=BOB, recipients=())])


def test_batches_share_one_header(tmp_path):
    shown = export("table", evening(), width=80)
    assert shown.count("sender → recipients") == 1
    assert shown.count("Sunday 2026-11-22") == 1
