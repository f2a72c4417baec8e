"""The real market, where its data are present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import alvh

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def manifest() -> Path:
    folder = Path(os.environ.get("ALVH_DATA", ROOT.parent / "shared" / "data")) / "market"
    if not folder.is_dir():
        pytest.skip(f"real market data not found: {folder} is no folder; set ALVH_DATA")
    return ROOT / "tests" / "markets" / "history.toml"


@pytest.fixture(scope="session")
def history(manifest: Path) -> alvh.Market:
    return alvh.Market(manifest)
