"""Small markets that tests make themselves, and the real one where its data are present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from made_market import MadeMarket

from alvh.runtime.markets.history import HistoryMarket
from alvh.runtime.markets.load_market import load_market


@pytest.fixture(scope="session")
def real_history() -> HistoryMarket:
    repository = Path(__file__).parents[2]
    folder = Path(os.environ.get("ALVH_DATA", repository.parent / "shared" / "data")) / "market"
    if not folder.is_dir():
        pytest.skip(f"real market data not found: {folder} is no folder; set ALVH_DATA")
    market = load_market(str(Path(__file__).with_name("history.toml")))
    assert isinstance(market, HistoryMarket)
    return market


@pytest.fixture
def made(tmp_path: Path) -> MadeMarket:
    return MadeMarket(tmp_path)
