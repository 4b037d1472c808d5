"""The benchmark's arithmetic: medians, ratios, goals, tables, and how a process is measured."""

import sys
from pathlib import Path

import pytest

from bench import outputs
from bench.goals import Goal, goals
from bench.measure import Run, run
from bench.peers import FULL, QUICK
from bench.programs import Program, programs
from bench.report import BEGIN, DOCUMENT, END, replaced
from bench.results import FLOOR, Measurement, Point, Results
from bench.tables import all_tables, comparison_table, recall_table
from bench.truth import Recall


def measured(
    program: str, *walls: float, packets: int = 1000, capture: str = "dense", anonymous: int = 0
) -> Measurement:
    runs = [Run(wall, wall / 2, 2 * anonymous, anonymous, 0) for wall in walls]
    return Measurement(program, capture, packets=packets, runs=runs, recall=Recall(10, 10))


def results(*measurements: Measurement) -> Results:
    facts = {"about": "every packet MSN", "packets": 1000, "octets": 10**6, "whole": 10}
    return Results(captures={m.capture: facts for m in measurements}, comparison=list(measurements))


def test_ratio_is_of_medians() -> None:
    some = results(measured(FLOOR, 1, 9, 2), measured("count", 3, 4, 100))
    assert some.ratio("count", "dense") == 2


def test_a_slice_is_compared_by_packets() -> None:
    some = results(measured(FLOOR, 1.0), measured("scapy", 1.0, packets=100))
    assert some.ratio("scapy", "dense") == pytest.approx(10)


def test_what_did_not_run_has_no_ratio() -> None:
    some = results(measured(FLOOR, 1.0), Measurement("tcpick", "dense", lacking="not installed"))
    assert some.ratio("tcpick", "dense") is None


@pytest.mark.parametrize(
    ("bound", "at_least", "measured_", "verdict"),
    [(2.0, False, 1.9, "met"), (2.0, False, 2.0, "met"), (2.0, False, 3.0, "missed by 50 %"),
     (25.0, True, 30.0, "met"), (25.0, True, 20.0, "missed by 25 %"), (25.0, True, None, "–")],
)  # fmt: skip
def test_a_goal_is_met_or_missed_by_so_much(
    bound: float, at_least: bool, measured_: float | None, verdict: str
) -> None:
    assert Goal("", bound, lambda *_: measured_, at_least).judge(Results()).verdict == verdict


def test_goals_are_judged_by_their_programs() -> None:
    some = results(
        measured(FLOOR, 1.0), measured("count", 1.5), measured("msgsnarf", 3.0),
        measured("--all, JSON Lines", 7.2, anonymous=70_000_000),
    )  # fmt: skip
    verdicts = {goal.work: goal.judge(some).verdict for goal in goals()}
    assert verdicts["dense, events counted"] == "met"
    assert verdicts["dense, events counted, against msgsnarf"] == "met"
    assert verdicts["dense, --all as JSON Lines"] == "missed by 20 %"
    assert verdicts["anonymous memory, dense --all JSON Lines"] == "missed by 9 %"
    assert verdicts["whole texts found, dense"] == "met"
    assert verdicts["mixed, events counted, by mmap"] == "–"


def test_a_cut_text_shown_as_whole_misses_the_goal_of_recall() -> None:
    wrong = measured("--all, JSON Lines", 1.0)
    wrong.recall = Recall(10, 10, beyond=1)
    verdicts = {goal.work: goal.judge(results(wrong)).met for goal in goals()}
    assert verdicts["whole texts found, dense"] is False


def test_goals_on_a_line_are_judged_by_the_worst() -> None:
    some = Results(live={
        "date": "2026-11-22",
        "--all, JSON Lines": {"burst": {"dropped": 0}, "sigterm": {"idle_ms": 20.0, "busy_ms": 230.0}},
        FLOOR: {"burst": {"dropped": 17}, "sigterm": {"idle_ms": 900.0, "busy_ms": 900.0}},
        "latency": {"no wait": {"p99_ms": 40.0}, "beyond the wait": {"p99_ms": 90.0}, "all": {"p99_ms": 2000.0}},
    })  # fmt: skip
    verdicts = {goal.work: goal.judge(some).verdict for goal in goals() if goal.work.startswith("live")}
    assert list(verdicts.values()) == ["met", "missed by 15 %", "met"]


def test_every_goal_names_programs_that_there_are() -> None:
    class Asked(Results):
        def of(self, program: str, capture: str) -> Measurement | None:
            asked.add(program)
            return measured(program, 1.0, capture=capture)

    asked: set[str] = set()
    for goal in goals():
        goal.judge(Asked())
    assert asked <= {program.name for program in table()}


def table() -> list[Program]:
    from bench.programs import SOURCES  # noqa: PLC0415

    return programs(SOURCES)


def test_what_is_missing_says_so_and_is_no_error() -> None:
    for program in table():
        assert program.lacking or program.name
    assert QUICK.plan("dense") == FULL.plan("dense")
    assert QUICK.plan("mixed").background < FULL.plan("mixed").background


def test_the_document_keeps_what_is_written_by_hand() -> None:
    some = results(measured(FLOOR, 1.0))
    document = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    made = replaced(document, some)
    assert made.startswith("before\n")
    assert made.endswith("\nafter\n")
    assert "old" not in made
    assert "**Goals**" in made
    assert replaced(made, some) == made
    with pytest.raises(ValueError, match="must stand"):
        replaced("no marks", some)


def test_the_project_s_document_has_its_marks() -> None:
    assert replaced(DOCUMENT.read_text(), results(measured(FLOOR, 1.0)))


def test_results_survive_their_file(tmp_path: Path) -> None:
    some = results(measured(FLOOR, 1.0), Measurement("tcpick", "dense", lacking="not installed"))
    some.growth.append(Point("packets", 10, "count", 1000, Run(1, 1, 1, 1, 0)))
    some.save(tmp_path / "results.json")
    assert Results.load(tmp_path / "results.json") == some


def test_tables_have_a_cell_for_every_column() -> None:
    some = results(
        measured(FLOOR, 1.0), Measurement("tcpick", "dense", lacking="not installed"), measured("count", 2.0)
    )
    some.growth.append(Point("packets", 10, "count", 1000, Run(1, 1, 1, 1, 0)))
    some.stages.append({"about": "read", "added": 0.1, "microseconds": 0.1})
    tables = list(all_tables(some))
    for one in tables:
        assert {len(row) for row in one.rows} <= {len(one.columns)}
        assert one.markdown().count("\n") == len(one.rows) + 3
    assert [one.title.split(":")[0] for one in tables][:2] == ["Goals", "dense"]
    assert "not installed" in comparison_table(some, "dense").markdown()


def test_nearly_all_is_not_all() -> None:
    some = [measured("count", 1.0, capture=name) for name in ("dense", "lossy", "mid-stream")]
    some[1].recall = Recall(99_999, 100_000)
    assert "99.9 %" in recall_table(results(*some)).markdown()


def test_a_process_is_measured(tmp_path: Path) -> None:
    busy = "end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    code = f"import time; kept = bytearray(50_000_000); {busy}"
    done = run([sys.executable, "-c", code], output=tmp_path / "out", folder=tmp_path)
    assert done.status == 0
    assert done.cpu >= 0.3
    assert done.wall >= done.cpu * 0.5
    assert 50e6 < done.anonymous < 150e6
    assert done.resident >= done.anonymous


def test_memory_of_children_counts(tmp_path: Path) -> None:
    child = "import time; kept = bytearray(50_000_000); time.sleep(0.5)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert run([sys.executable, "-c", code], output=tmp_path / "out", folder=tmp_path).anonymous > 50e6


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    code = "import time; time.sleep(60)"
    done = run([sys.executable, "-c", code], output=tmp_path / "out", folder=tmp_path, limit=0.3)
    assert done.status < 0


def test_a_failure_tells_its_last_line(tmp_path: Path) -> None:
    done = run([sys.executable, "-c", "raise SystemExit('no such file')"], output=tmp_path / "out", folder=tmp_path)
    assert (done.status, done.error) == (1, "no such file")


def test_incomplete_records_are_not_found(tmp_path: Path) -> None:
    lines = '{"text":"~1.1~ a","complete":true}\n{"text":"~1.2~ b","complete":false}\n'
    (tmp_path / "records.jsonl").write_text(lines)
    assert b"".join(outputs.json_lines(tmp_path / "out", tmp_path)).count(b"~") == 2


def test_what_count_says_is_read(tmp_path: Path) -> None:
    (tmp_path / "out").write_text('{"packets": {"read": 9}, "events": {"Message": 4, "Typing": 2}}\n')
    assert outputs.counted(tmp_path / "out") == 4


def test_hexadecimal_lines_are_read_and_others_passed_over(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("7e312e317e\nRunning as root\n7e3\n")
    assert list(outputs.hexadecimal(tmp_path / "out", tmp_path)) == [b"~1.1~"]
