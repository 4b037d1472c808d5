"""The garbage collector's settings of a run, and that they end with it."""

import gc

import pytest

from rcds_sniffer.collecting import YOUNG_OBJECTS, few_collections


def test_collector_looks_less_often_and_spares_what_was_there() -> None:
    before = gc.get_threshold()
    with few_collections():
        assert gc.get_threshold() == (YOUNG_OBJECTS, *before[1:])
        assert gc.get_freeze_count() > 1_000
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def test_settings_end_with_a_run_that_breaks_off() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="broken"), few_collections():
        raise ValueError("broken")
    assert gc.get_threshold() == before
