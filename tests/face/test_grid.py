"""Grids through the face: the figures of runs alone, and a folder that survives kills, other grids and damaged files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from attrs import asdict

import alvh
from alvh.runtime import run_cells
from alvh.runtime.engine.simulate_cells import CellRunner
from alvh.runtime.grid import METRICS
from alvh.runtime.lane_width import production_width
from alvh.runtime.write_results import OutputError, check_output

FILE = Path(__file__).parents[2] / "strategies" / "alvh_442_contracts.alvh"
PERIOD: dict[str, Any] = {"start": "2023-06-01", "end": "2024-03-28"}
VALUES = {"call_delta": "0.30..0.44 by 0.01 delta", "costs": ["none", "listed"], "inversion": "5%,8%"}
CELLS = 15 * 2 * 2

KILLED = """
import os, sys, time
import alvh
from alvh.runtime import run_cells
from alvh.runtime.write_grid import GridFolder

run_cells.PATIENCE = 0.0  # a part a block
file, out, manner = sys.argv[1:]
add, replace = GridFolder.add, os.replace

def add_slowly(self, rows):
    add(self, rows)
    time.sleep(0.3)

def replace_but_once(partial, path):
    if os.path.basename(path).startswith("part-") and len(os.listdir(os.path.dirname(path))) > 2:
        os.kill(os.getpid(), 9)  # a part is written, and not yet in its place
    replace(partial, path)

if manner == "between parts":
    GridFolder.add = add_slowly
else:
    os.replace = replace_but_once
from alvh.commands import run
from alvh.command_line import main
sys.exit(main(["run", file, "--market", "generated", "--seed", "7", "--from", "2023-06-01", "--to", "2024-03-28", "--threads", "1",
    "--set", "call_delta=0.30..0.44 by 0.01 delta", "--set", "costs=none,listed", "--set", "inversion=5%,8%", "--out", out]))
"""


@pytest.fixture(scope="module")
def market() -> alvh.Market:
    return alvh.Market("generated", seed=7)


@pytest.fixture(scope="module")
def whole(market: alvh.Market) -> alvh.Grid:
    """The grid in one go, without a folder."""
    return alvh.run_grid(FILE, market, VALUES, **PERIOD)


@pytest.fixture
def cells_run(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many cells each call of the engine was given, from here on."""
    counts: list[int] = []
    run = CellRunner.run

    def counting(self: CellRunner, numbers: np.ndarray) -> Any:
        counts.append(len(numbers))
        return run(self, numbers)

    monkeypatch.setattr(CellRunner, "run", counting)
    return counts


def assert_same_grid(expected: alvh.Grid, found: alvh.Grid) -> None:
    assert found.cells.equals(expected.cells)
    assert found.to_json() == expected.to_json()


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# ---- figures ---------------------------------------------------------------------------------------


def test_each_cell_says_what_a_run_of_it_alone_says(market: alvh.Market, whole: alvh.Grid) -> None:
    value = whole.to_dict()
    assert [cell["cell"] for cell in value["cells"]] == list(range(1, CELLS + 1))
    assert value["cells"][0]["values"] == {"call_delta": "0.30 delta", "costs": "none", "inversion": "5%"}
    assert value["cells"][1]["values"] == {"call_delta": "0.30 delta", "costs": "none", "inversion": "8%"}
    assert value["cells"][2]["values"] == {"call_delta": "0.30 delta", "costs": "listed", "inversion": "5%"}
    for cell in value["cells"][::11]:
        alone = alvh.run(FILE, market, settings=cell["values"], **PERIOD)
        assert asdict(alone.metrics) == cell["metrics"]
        assert alone.identity == cell["identity"]
        assert alone.end.isoformat() == cell["to"]
    assert len({cell["metrics"]["final_equity"] for cell in value["cells"]}) == CELLS, "a value changed nothing"


def test_lanes_and_threads_change_no_bit(market: alvh.Market, whole: alvh.Grid, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_same_grid(whole, alvh.run_grid(FILE, market, VALUES, threads=3, **PERIOD))
    run, used = CellRunner.run, set[int]()

    def watching(self: CellRunner, numbers: np.ndarray) -> Any:
        used.add(self.lanes)
        return run(self, numbers)

    monkeypatch.setattr(CellRunner, "run", watching)
    for is_cached, lanes in ((True, production_width()), (False, 1)):
        monkeypatch.setattr(run_cells, "is_engine_cached", lambda width, is_cached=is_cached: is_cached)
        used.clear()
        assert_same_grid(whole, alvh.run_grid(FILE, market, VALUES, **PERIOD))
        assert used == {lanes}


def test_columns_are_numbers_where_values_are(whole: alvh.Grid) -> None:
    frame = whole.cells
    assert frame.columns == ["cell", "call_delta", "costs", "inversion", *METRICS, "to", "identity"]
    assert frame["call_delta"].unique(maintain_order=True).to_list() == [place / 100 for place in range(30, 45)]
    assert frame["inversion"][:2].to_list() == [0.05, 0.08]
    assert frame["costs"][:4].to_list() == ["none", "none", "listed", "listed"]


def test_an_axis_that_changes_what_is_held_makes_cells_of_their_own(market: alvh.Market, tmp_path: Path) -> None:
    path = tmp_path / "windows.alvh"
    path.write_text(
        'strategy "Windows"\nparam span = 20 sessions  in 5 sessions .. 60 sessions\nparam trades = 2  in 1 .. 9\n'
        "trigger fear = vix > sma(vix, span) * 1.05\n"
        "book calls {\n  buy trades VIX calls at 0.40 delta, 30 days\n  open when fear\n  close when dte <= 7 days\n}\n"
    )
    grid = alvh.run_grid(path, market, {"span": "10,20 sessions", "trades": "1..3"}, **PERIOD)
    assert grid.cells.columns[:3] == ["cell", "span", "set.trades"]  # a grid has a column `trades` of its own
    for cell in grid.to_dict()["cells"]:
        assert asdict(alvh.run(path, market, settings=cell["values"], **PERIOD).metrics) == cell["metrics"]
    assert grid.cells["final_equity"].n_unique() == 6


def test_a_cell_that_stops_says_where(market: alvh.Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index goes missing for good on the 100th bar. An account of $1,000 never held a condor, and goes on."""
    arrays = market.arrays

    def without_index(*asked: Any, **more: Any) -> Any:
        found = arrays(*asked, **more)
        found.values[found.first + 100 :, found.series.index("spx")] = np.nan
        return found

    monkeypatch.setattr(market, "arrays", without_index)
    grid = alvh.run_grid(FILE, market, {"capital": "$1_000,$1_000_000", "call_delta": "0.30,0.40,0.50 delta"}, **PERIOD)
    assert grid.cells["to"].n_unique() == 2
    stopped = grid.cells.filter(pl.col("to") < pl.col("to").max())["cell"].to_list()
    assert stopped == [4, 5, 6]
    assert "3 cells stopped early" in grid.notes[0]
    cell = grid.to_dict()["cells"][4]
    alone = alvh.run(FILE, market, settings=cell["values"], **PERIOD)
    assert (alone.identity, alone.end.isoformat(), asdict(alone.metrics)) == (cell["identity"], cell["to"], cell["metrics"])


def test_a_wrong_value_names_its_cell_before_anything_runs(market: alvh.Market, cells_run: list[int]) -> None:
    with pytest.raises(alvh.CellError, match=r"cell 3 of 6 \(costs=none, call_delta=0.90 delta\):\nerror") as refused:
        alvh.run_grid(FILE, market, {"costs": "none,listed", "call_delta": "0.40,0.50,0.90 delta"}, **PERIOD)
    assert (refused.value.cell, refused.value.values["call_delta"]) == (3, "0.90 delta")
    assert [finding.code for finding in refused.value.diagnostics] == ["ALV0321"]
    assert cells_run == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("call_delta", ["0.40 delta", "0.90 delta"]),
        ("call_delta", ["0.40 delta", "0.50 +"]),
        ("inversion", ["5%", "8 points"]),
        ("capital", ["$1_000_000", "$0"]),
        ("costs", ["none", "free"]),
        ("backwardation", ["vx(1) / vx(2) - 1", "vx(1) / nothing"]),
    ],
)
def test_a_wrong_cell_says_what_a_run_of_it_alone_says(name: str, values: list[str], market: alvh.Market) -> None:
    """Cells 1 to 4 have the right value, 5 to 8 the wrong one."""
    grid = {name: values, "contracts": ["whole", "fractional"], "fill": ["next open", "next close"]}
    with pytest.raises(alvh.CellError) as refused:
        alvh.run_grid(FILE, market, grid, **PERIOD)
    settings = {name: values[1], "contracts": "whole", "fill": "next open"}
    with pytest.raises(alvh.StrategyError) as alone:
        alvh.run(FILE, market, settings=settings, **PERIOD)
    assert (refused.value.cell, refused.value.values) == (5, settings)
    assert refused.value.diagnostics == alone.value.diagnostics
    place = f"cell 5 of 8 ({name}={values[1]}, contracts=whole, fill=next open):"
    assert str(refused.value) == f"{place}\n{alone.value}"


@pytest.mark.parametrize(
    ("grid", "more", "complaint"),
    [
        ({}, {}, "the grid is empty"),
        ({"call_delta": []}, {}, "call_delta has no value"),
        ({"call_delta": "0.30,0.40 delta"}, {"settings": {"call_delta": "0.50 delta"}}, "both in the grid and in the settings"),
        ({"call_delta": "0.30,0.40 delta"}, {"threads": 0}, "one thread at least"),
        ({"call_delta": "0.30..0.40 delta"}, {}, "needs a step"),
        ({"call_delta": "0.30,0.40 delta"}, {"start": "2024-01-02", "end": "2023-01-02"}, "after its end"),
    ],
)
def test_requests_that_cannot_be_are_refused(grid: Any, more: dict[str, Any], complaint: str, market: alvh.Market) -> None:
    with pytest.raises(alvh.RequestError, match=complaint):
        alvh.run_grid(FILE, market, grid, **more)


# ---- the folder ------------------------------------------------------------------------------------


def test_a_folder_holds_every_cell_and_a_second_call_runs_none(
    market: alvh.Market, whole: alvh.Grid, cells_run: list[int], tmp_path: Path
) -> None:
    out = tmp_path / "grid"
    assert_same_grid(whole, alvh.run_grid(FILE, market, VALUES, out=out, **PERIOD))
    assert sum(cells_run) == CELLS
    assert names(out) == ["grid.json", "grid.parquet"]
    assert pl.read_parquet(out / "grid.parquet").equals(whole.cells)
    before = (out / "grid.parquet").read_bytes()
    assert_same_grid(whole, alvh.run_grid(FILE, market, VALUES, out=out, **PERIOD))
    assert sum(cells_run) == CELLS
    assert (out / "grid.parquet").read_bytes() == before


@pytest.mark.parametrize("manner", ["between parts", "before a part is in its place"])
def test_a_killed_grid_goes_on_without_losing_or_repeating_a_cell(
    manner: str, market: alvh.Market, whole: alvh.Grid, cells_run: list[int], tmp_path: Path
) -> None:
    out = tmp_path / "grid"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(FILE), str(out), manner], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        patience = time.monotonic() + 500.0
        while process.poll() is None and len(list(out.glob("cells/part-*.parquet"))) < 2:
            assert time.monotonic() < patience
            time.sleep(0.01)
        if manner == "between parts":
            process.send_signal(signal.SIGKILL)
    finally:
        process.wait(timeout=500)
    assert process.returncode == -signal.SIGKILL, process.communicate()
    assert not (out / "grid.parquet").exists()
    parts = [pl.read_parquet(path) for path in out.glob("cells/part-*.parquet")]
    kept = pl.concat(parts)["cell"].to_list()
    assert 0 < len(kept) < CELLS
    assert len(set(kept)) == len(kept)
    if manner != "between parts":
        assert [path for path in (out / "cells").iterdir() if path.name.endswith(".partial")]

    assert_same_grid(whole, alvh.run_grid(FILE, market, VALUES, out=out, **PERIOD))
    assert sum(cells_run) == CELLS - len(kept)
    assert names(out) == ["grid.json", "grid.parquet"]
    assert pl.read_parquet(out / "grid.parquet").equals(whole.cells)


def test_an_interrupted_grid_leaves_its_finished_cells(tmp_path: Path, market: alvh.Market, whole: alvh.Grid, cells_run: list[int]) -> None:
    out = tmp_path / "grid"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(FILE), str(out), "between parts"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while process.poll() is None and not list(out.glob("cells/part-*.parquet")):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=500)
    assert process.returncode == 130
    assert complaint.decode() == f"cells that were finished are in {out}: the same call goes on from there\ninterrupted\n"
    kept = pl.concat([pl.read_parquet(path) for path in out.glob("cells/part-*.parquet")])["cell"].to_list()
    assert 0 < len(kept) < CELLS
    assert len(set(kept)) == len(kept)
    assert_same_grid(whole, alvh.run_grid(FILE, market, VALUES, out=out, **PERIOD))
    assert sum(cells_run) == CELLS - len(kept)


class HaltError(Exception):
    """Ends a grid in the middle."""


def half_done(market: alvh.Market, out: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Parts of a grid that stopped after a few blocks."""

    def halt(done: int, cells: int) -> None:
        if done >= 10:
            raise HaltError

    monkeypatch.setattr(run_cells, "PATIENCE", 0.0)
    with pytest.raises(HaltError):
        alvh.run_grid(FILE, market, VALUES, out=out, threads=1, progress=halt, **PERIOD)
    return sorted(out.glob("cells/part-*.parquet"))


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda part, out: part.write_bytes(part.read_bytes()[:300]), "cannot be read: it is truncated, or no Parquet file"),
        (lambda part, out: part.write_bytes(b""), "cannot be read"),
        (lambda part, out: pl.DataFrame({"a": [1]}).write_parquet(part), "was not written by a grid of alvh"),
        (lambda part, out: pl.read_parquet(part).write_parquet(part, metadata={"alvh.grid": "0"}), "belongs to another grid"),
        (lambda part, out: (out / "cells" / "letter.txt").write_text("dear"), "letter.txt cannot be read"),
    ],
    ids=["truncated", "empty", "foreign", "of another grid", "a letter"],
)
def test_a_damaged_or_foreign_part_is_named_and_nothing_is_lost(
    damage: Any, complaint: str, market: alvh.Market, whole: alvh.Grid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "grid"
    parts = half_done(market, out, monkeypatch)
    assert parts
    damage(parts[0], out)
    before = {name: (out / name).read_bytes() for name in names(out) if (out / name).is_file()}
    with pytest.raises(OutputError, match=complaint) as refused:
        alvh.run_grid(FILE, market, VALUES, out=out, **PERIOD)
    assert {name: (out / name).read_bytes() for name in names(out) if (out / name).is_file()} == before
    damaged = next(out / "cells" / name for name in os.listdir(out / "cells") if name in str(refused.value))
    damaged.rename(tmp_path / "moved")
    assert_same_grid(whole, alvh.run_grid(FILE, market, VALUES, out=out, **PERIOD))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"grid": {**VALUES, "inversion": "5%,9%"}}, "list of values"),
        ({"settings": {"contracts": "fractional"}}, "setting of all cells"),
        ({"start": "2023-07-03"}, "first day"),
        ({"end": "2024-02-28"}, "last day"),
        ({"phase": 2}, "phase"),
        ({"market": 8}, "content of the market"),
        ({"file": True}, "text of the strategy"),
    ],
)
def test_another_grid_is_refused_and_the_folder_left_as_it_is(
    change: dict[str, Any], what: str, market: alvh.Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, copy = tmp_path / "grid", tmp_path / FILE.name
    half_done(market, out, monkeypatch)
    before = {name: (out / name).read_bytes() for name in names(out) if (out / name).is_file()}
    if change.pop("file", False):
        (tmp_path / "books").mkdir()
        for path in (FILE, FILE.parent / "books" / "condor_16_delta.alvh"):
            (tmp_path / path.relative_to(FILE.parent)).write_text(path.read_text() + "\n# another text\n")
    file = copy if copy.exists() else FILE
    other = alvh.Market("generated", seed=change.pop("market")) if "market" in change else market
    with pytest.raises(OutputError, match=rf"holds another grid, of another {what}\. Name") as refused:
        alvh.run_grid(file, other, change.pop("grid", VALUES), out=out, **{**PERIOD, **change})
    assert "left as it is" in str(refused.value)
    assert {name: (out / name).read_bytes() for name in names(out) if (out / name).is_file()} == before


def test_folders_of_something_else_are_left_alone(market: alvh.Market, tmp_path: Path, whole: alvh.Grid) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "letter.txt").write_text("dear")
    with pytest.raises(OutputError, match="it holds something else"):
        alvh.run_grid(FILE, market, VALUES, out=full, **PERIOD)
    (full / "letter.txt").rename(full / "grid.json")
    with pytest.raises(OutputError, match="is not the description of a grid"):
        alvh.run_grid(FILE, market, VALUES, out=full, **PERIOD)
    with pytest.raises(OutputError, match="there is no folder"):
        alvh.run_grid(FILE, market, VALUES, out=tmp_path / "absent" / "grid", **PERIOD)
    out = tmp_path / "grid"
    alvh.run_grid(FILE, market, {"costs": "none,listed"}, out=out, **PERIOD)
    with pytest.raises(OutputError, match="it holds a grid"):
        check_output(out)  # a single run does not write over a grid


def test_two_processes_in_one_folder_repeat_no_cell(
    market: alvh.Market, whole: alvh.Grid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same cells from another process stand in a part of another name; with other figures they are refused."""
    out = tmp_path / "grid"
    (part, *_) = half_done(market, out, monkeypatch)
    twin = part.with_name("part-000001-00000000.parquet")
    twin.write_bytes(part.read_bytes())
    rows, key = pl.read_parquet(part), pl.read_parquet_metadata(part)["alvh.grid"]
    rows.with_columns(pl.col("trades") + 1).write_parquet(twin, metadata={"alvh.grid": key})
    with pytest.raises(OutputError, match="cell 1 twice, with different figures"):
        alvh.run_grid(FILE, market, VALUES, out=out, **PERIOD)
    twin.write_bytes(part.read_bytes())
    assert_same_grid(whole, alvh.run_grid(FILE, market, VALUES, out=out, **PERIOD))


def test_json_says_what_docs_say(whole: alvh.Grid) -> None:
    value = json.loads(whole.to_json())
    assert value["schema_version"] == 1
    assert list(value) == [
        "schema_version", "strategy", "file", "market", "seed", "from", "to", "phase", "settings", "axes", "cells", "notes",
    ]  # fmt: skip
    assert value["axes"][2] == {"name": "inversion", "values": ["5%", "8%"]}
    assert list(value["cells"][0]) == ["cell", "values", "metrics", "to", "identity"]


def test_a_grid_shows_itself(whole: alvh.Grid) -> None:
    lines = str(whole).splitlines()
    assert lines[0] == f"ALVH 4/4/2 by contracts: generated (seed 7), 2023-06-01 to 2024-03-28, {CELLS} cells"
    rows = [line.split()[:4] for line in lines if line[:1].isdigit()]
    assert rows[0] == ["1", "0.30", "delta", "none"]
    assert len(rows) == CELLS
    assert whole._repr_html_().count("<tr>") == CELLS + 1
