"""Results on disk: whole or not at all, and never over anything that alvh did not write."""

from __future__ import annotations

import json
import os
from pathlib import Path

import fabricated
import polars as pl
import pytest

from alvh.runtime.compare import Comparison
from alvh.runtime.results import Result
from alvh.runtime.write_results import OutputError, check_output, write_comparison, write_result


@pytest.fixture
def result() -> Result:
    return fabricated.result()


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_result_is_three_files_that_read_back(result: Result, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_result(result, folder)
    assert names(folder) == ["equity.parquet", "journal.parquet", "summary.json"]
    assert pl.read_parquet(folder / "equity.parquet").equals(result.equity)
    assert pl.read_parquet(folder / "journal.parquet").equals(result.journal)
    assert json.loads((folder / "summary.json").read_text()) == result.to_dict()
    assert names(tmp_path) == ["out", *(f"out/{name}" for name in names(folder))]


def test_the_same_result_gives_the_same_bytes(result: Result, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_result(result, tmp_path / folder)
    for name in names(tmp_path / "one"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_comparison_has_a_folder_for_each_result(result: Result, tmp_path: Path) -> None:
    write_comparison(Comparison((result, result)), tmp_path / "out", lambda path: path.write_bytes(b"picture"))
    assert [name for name in names(tmp_path / "out") if "/" not in name] == [
        "by_hand", "by_hand-2", "equity_and_drawdown.png", "summary.json",
    ]  # fmt: skip
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["baseline"] == "By hand"


def test_an_earlier_result_and_an_empty_folder_are_replaced(result: Result, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    write_result(result, folder)
    write_comparison(Comparison((result,)), folder)
    write_result(result, folder)
    assert names(folder) == ["equity.parquet", "journal.parquet", "summary.json"]


@pytest.mark.parametrize("stranger", ["notes.txt", "summary.json"])
def test_a_folder_with_other_files_is_left_alone(result: Result, tmp_path: Path, stranger: str) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / stranger).write_text("[1]")
    with pytest.raises(OutputError, match="did not write"):
        write_result(result, folder)
    assert (folder / stranger).read_text() == "[1]"
    assert names(tmp_path) == ["out", f"out/{stranger}"]


def test_an_earlier_result_with_a_file_added_is_left_alone(result: Result, tmp_path: Path) -> None:
    write_result(result, tmp_path / "out")
    (tmp_path / "out" / "my notes.txt").write_text("dear")
    with pytest.raises(OutputError, match="did not write"):
        write_result(result, tmp_path / "out")
    assert (tmp_path / "out" / "my notes.txt").read_text() == "dear"


def test_a_failure_half_way_leaves_the_earlier_result_whole(result: Result, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_result(result, folder)
    before = {name: (folder / name).read_bytes() for name in names(folder)}

    def fail(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        write_comparison(Comparison((result,)), folder, fail)
    assert {name: (folder / name).read_bytes() for name in names(folder)} == before
    assert len(list(tmp_path.iterdir())) == 1


def test_places_that_cannot_take_results_are_told_before_a_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="not a folder"):
        check_output(tmp_path / "file")
    with pytest.raises(OutputError, match="there is no folder"):
        check_output(tmp_path / "absent" / "out")
    check_output(tmp_path / "new")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_place_without_permission_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="no permission"):
        check_output(tmp_path / "out")
