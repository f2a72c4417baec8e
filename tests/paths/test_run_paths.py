"""Many paths through the face: the figures and files of single runs, a JSON that fits its schema, tables, an end by Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import attrs
import polars as pl
import pytest
from schemas import misfits, schema_of

import alvh
from alvh.command_line import main
from alvh.runtime.paths.blocks import PathBlock
from alvh.runtime.paths.measure_paths import METRICS
from alvh.runtime.paths.run_paths import available_cores
from alvh.runtime.write_results import write_paths_comparison

STRATEGIES = Path(__file__).parents[2] / "strategies"
VXTH = STRATEGIES / "vxth.alvh"
UNHEDGED = STRATEGIES / "unhedged.alvh"
END = "2023-03-15"
SCHEMA = schema_of("paths_json.md")


@pytest.fixture(scope="module")
def market() -> alvh.Market:
    return alvh.Market("generated", seed=7)


@pytest.fixture(scope="module")
def result(market: alvh.Market) -> alvh.PathsResult:
    """Six paths by the interpreter, two of them kept."""
    return alvh.run_paths(VXTH, market, 6, end=END, engine="reference", keep=[4, 0])


def test_a_kept_path_is_what_a_single_run_gives(result: alvh.PathsResult, market: alvh.Market) -> None:
    assert [number for number, _ in result.kept] == [0, 4]
    one = alvh.run(VXTH, market, end=END, engine="reference")
    first, fifth = (kept for _, kept in result.kept)
    assert first.to_json() == one.to_json()
    assert first.journal.equals(one.journal)
    assert first.equity.equals(one.equity)
    assert fifth.metrics != first.metrics
    for number, kept in result.kept:
        row = result.by_path.row(number, named=True)
        assert {name: row[name] for name in METRICS} == pytest.approx(attrs.asdict(kept.metrics), rel=1e-12)
        assert row["path"] == number
        assert row["stopped"] is None


def test_the_compiled_engine_gives_the_same_figures(result: alvh.PathsResult, market: alvh.Market) -> None:
    steps: list[str] = []
    done: list[tuple[int, int]] = []
    found = alvh.run_paths(VXTH, market, 6, end=END, threads=2, keep=[4], report=steps.append, progress=lambda *so_far: done.append(so_far))
    assert found.identity == result.identity
    assert found.metrics.keys() == result.metrics.keys()
    for name in METRICS:
        assert found.by_path[name].to_list() == pytest.approx(result.by_path[name].to_list(), rel=1e-12)
    assert found.kept[0][1].to_json() == result.kept[1][1].to_json()
    assert found.kept[0][1].journal.equals(result.kept[1][1].journal)
    assert done == [(6, 6)]
    assert steps[0] == "vxth.alvh: reading the market"


def test_fewer_paths_are_the_first_of_more(result: alvh.PathsResult, market: alvh.Market) -> None:
    few = alvh.run_paths(VXTH, market, 2, end=END, engine="reference")
    assert few.by_path.equals(result.by_path.head(2))
    assert few.identity != result.identity


def test_percentiles_are_those_of_the_rows(result: alvh.PathsResult) -> None:
    drawdowns = result.by_path["max_drawdown"].sort()
    spread = result.metrics["max_drawdown"]
    assert spread.percentiles is not None
    assert spread.percentiles[2] == pytest.approx((drawdowns[2] + drawdowns[3]) / 2)
    assert spread.median_interval == (drawdowns[0], drawdowns[5])
    assert spread.mean == pytest.approx(drawdowns.mean())


def test_the_json_fits_its_schema(result: alvh.PathsResult, market: alvh.Market) -> None:
    printed = result.to_json()
    assert printed.endswith("}\n")
    value = json.loads(printed)
    assert misfits(value, SCHEMA) == []
    assert list(value) == SCHEMA["required"]
    assert value["kept"] == [0, 4]
    unhedged = json.loads(alvh.run_paths(UNHEDGED, market, 1, end=END, engine="reference").to_json())
    assert misfits(unhedged, SCHEMA) == []
    assert unhedged["metrics"]["hedge_cost"] == {
        "paths": 0, "mean": None, "p05": None, "p25": None, "p50": None, "p75": None, "p95": None, "median_interval": None,
    }  # fmt: skip


@pytest.mark.parametrize("change", [{"paths": 0}, {"stopped": {"paths": 0}}, {"metrics": {}}, {"more": 1}, {"schema_version": 2}])
def test_the_schema_refuses_what_is_wrong(change: dict[str, object], result: alvh.PathsResult) -> None:
    assert misfits({**json.loads(result.to_json()), **change}, SCHEMA)


def test_it_shows_itself_as_a_table(result: alvh.PathsResult) -> None:
    text = str(result)
    assert text.startswith(f"VXTH: generated (seed 7), 2023-01-03 to {END}, 6 paths\n- the market is generated")
    median = f"{100 * result.metrics['cagr'].percentiles[2]:.2f}%"
    (growth,) = (line for line in text.splitlines() if line.startswith("growth a year"))
    assert growth.split()[6] == median
    assert "No path stopped early." in text
    assert repr(result) == text.rstrip("\n")
    assert "<table>" in result._repr_html_()


def test_paths_that_stopped_are_counted_and_told(result: alvh.PathsResult) -> None:
    some = attrs.evolve(result, stopped=3)
    assert "50.0% of paths stopped early." in str(some)
    assert json.loads(some.to_json())["stopped"] == {"paths": 3, "share": 0.5}


def test_out_holds_a_row_a_path_and_a_folder_a_kept_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "out"
    call = ["run", str(VXTH), "--market", "generated", "--paths", "3", "--to", "2023-01-31", "--engine", "reference", "--out", str(folder)]
    assert main([*call, "--keep-paths", "0,2..2", "--json"]) == 0
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    whole = ("equity.parquet", "journal.parquet", "summary.json")
    assert names == sorted(["paths.parquet", "summary.json", *(f"path-{number}/{name}" for number in (0, 2) for name in whole)])
    frame = pl.read_parquet(folder / "paths.parquet")
    assert frame.columns == ["path", *METRICS, "stopped"]
    assert frame["path"].to_list() == [0, 1, 2]
    assert frame["trades"].dtype == pl.Int64
    assert frame["stopped"].dtype == pl.Date
    assert (folder / "summary.json").read_text() == capsys.readouterr().out
    kept = json.loads((folder / "path-2" / "summary.json").read_text())
    assert kept["metrics"]["final_equity"] == pytest.approx(frame["final_equity"][2], rel=1e-12)
    equity = pl.read_parquet(folder / "path-2" / "equity.parquet")
    assert equity["equity"][-1] == pytest.approx(frame["final_equity"][2], rel=1e-12)
    assert main(call) == 0  # an earlier result is replaced, its kept paths too
    assert sorted(path.name for path in folder.iterdir()) == ["paths.parquet", "summary.json"]


@pytest.fixture(scope="module")
def comparison(market: alvh.Market) -> alvh.PathsComparison:
    return alvh.compare_paths([UNHEDGED, VXTH], market, 6, end=END, engine="reference")


def test_a_comparison_goes_path_by_path(comparison: alvh.PathsComparison, result: alvh.PathsResult) -> None:
    base, other = comparison.results
    assert other.by_path.equals(result.by_path)
    cut = sorted(1.0 - own / its for own, its in zip(other.by_path["max_drawdown"], base.by_path["max_drawdown"], strict=True))
    grown = sorted(own - its for own, its in zip(other.by_path["cagr"], base.by_path["cagr"], strict=True))
    difference = comparison.differences[1]
    assert difference.drawdown_reduction.median_interval == pytest.approx((cut[0], cut[5]))
    assert difference.cagr_difference.percentiles is not None
    assert difference.cagr_difference.percentiles[2] == pytest.approx((grown[2] + grown[3]) / 2)
    assert comparison.differences[0].cagr_difference.mean == 0.0


def test_a_comparison_is_documents_of_paths_with_two_spreads_more(comparison: alvh.PathsComparison) -> None:
    value = json.loads(comparison.to_json())
    assert (value["schema_version"], value["baseline"], list(value)) == (1, "Unhedged condors", ["schema_version", "baseline", "results"])
    for one in value["results"]:
        for name in ("drawdown_reduction", "cagr_difference"):
            assert misfits(one.pop(name), SCHEMA, SCHEMA["$defs"]["spread"]) == []
        assert misfits(one, SCHEMA) == []


def test_a_comparison_shows_medians(comparison: alvh.PathsComparison) -> None:
    text = str(comparison)
    assert text.startswith(f"generated (seed 7), 2023-01-03 to {END}, 6 paths: medians; the baseline is Unhedged condors")
    (vxth,) = (line for line in text.splitlines() if line.startswith("VXTH  "))
    cut = comparison.differences[1].drawdown_reduction.percentiles
    assert f"{100 * cut[2]:.1f}%" in vxth
    assert f"{100 * cut[0]:.1f}% .. {100 * cut[4]:.1f}%" in vxth
    assert repr(comparison) == text.rstrip("\n")
    assert "<table>" in comparison._repr_html_()


def test_a_comparison_on_disk_has_a_folder_a_strategy(comparison: alvh.PathsComparison, tmp_path: Path) -> None:
    write_paths_comparison(comparison, tmp_path / "out")
    names = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert names == ["summary.json", "unhedged/paths.parquet", "unhedged/summary.json", "vxth/paths.parquet", "vxth/summary.json"]
    assert (tmp_path / "out" / "summary.json").read_text() == comparison.to_json()
    write_paths_comparison(comparison, tmp_path / "out")  # over an earlier one


def test_requests_that_cannot_be_are_refused(market: alvh.Market) -> None:
    with pytest.raises(alvh.RequestError, match="no path"):
        alvh.run_paths(VXTH, market, 0)
    with pytest.raises(alvh.RequestError, match="no thread"):
        alvh.run_paths(VXTH, market, 3, threads=0)
    with pytest.raises(alvh.RequestError, match="path 3 cannot be kept: the paths run are 0 to 2"):
        alvh.run_paths(VXTH, market, 3, keep=[1, 3])
    with pytest.raises(alvh.RequestError, match="path -1 cannot be kept"):
        alvh.run_paths(VXTH, market, 3, keep=[-1, 1])
    with pytest.raises(alvh.RequestError, match="history has one path"):
        alvh.run_paths(VXTH, Path(__file__).parents[1] / "markets" / "history.toml", 3)


def test_all_cores_are_those_that_the_process_may_use() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


def test_an_interrupt_ends_it_with_130_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C in the fourth block of a thousand, on two threads."""
    fill = PathBlock.fill
    filled = []

    def interrupted(block: PathBlock, first: int) -> None:
        filled.append(first)
        if len(filled) == 4:
            os.kill(os.getpid(), signal.SIGINT)
        if len(filled) < 4:
            fill(block, first)
        else:
            time.sleep(0.05)

    monkeypatch.setattr(PathBlock, "fill", interrupted)
    # Where the tests run in the background a shell has told them to ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = tmp_path / "out"
    call = ["run", str(VXTH), "--market", "generated", "--paths", "16000", "--to", "2023-01-31", "--threads", "2", "--out", str(folder)]
    try:
        assert main(call) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr() == ("", "interrupted\n")
    assert len(filled) < 100
    assert list(tmp_path.iterdir()) == []
