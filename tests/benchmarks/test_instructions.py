"""The engine needs no more instructions than recorded, give or take 5 %; counting takes valgrind and gcc."""

from __future__ import annotations

import pytest

from benchmarks import instructions
from benchmarks.interleaved import Ratio


def test_no_workload_takes_many_more_instructions() -> None:
    lack = instructions.lacking()
    if lack is not None:
        pytest.skip(lack)
    rows = instructions.measure()
    assert [row.name for row in rows if not (isinstance(row, Ratio) and row.ratio <= instructions.MOST)] == []
    assert len(rows) == len(instructions.WORKLOADS)


def test_a_missing_tool_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instructions.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(instructions.sys, "platform", "linux")
    monkeypatch.setattr(instructions.shutil, "which", lambda tool: None if tool == "valgrind" else f"/usr/bin/{tool}")
    assert instructions.lacking() == "valgrind is not installed"


def test_six_per_cent_more_is_too_many() -> None:
    row = Ratio("instructions", 106.0, "recorded", 100.0, instructions.MOST, unit="instructions")
    assert row.goal == "at most 1.05 (missed)"
    assert row.amounts == ("106", "100")
