"""Where the real data is, for tests that need it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def market_folder() -> Path:
    repository = Path(__file__).parents[2]
    folder = Path(os.environ.get("ALVH_DATA", repository.parent / "shared" / "data")) / "market"
    if not folder.is_dir():
        pytest.skip(f"real market data not found: {folder} is no folder; set ALVH_DATA")
    return folder
