"""The one door to markets: a manifest's path, or `generated`."""

from __future__ import annotations

from pathlib import Path

from alvh.runtime.market import MarketError, Problem
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.runtime.markets.history import HistoryMarket


def load_market(spec: str, seed: int = 0, spx_settlement: str | None = None) -> HistoryMarket | GeneratedMarket:
    """The market that `spec` names: `generated` (with `seed`), or the path of a manifest.

    `spx_settlement`: the print that SPX options of the morning are paid on, `open` or `close`; None for the manifest's choice, and
    `open` where it makes none.

    A manifest is read now, its data files when arrays are first asked for. Raises MarketError where either cannot be used.
    """
    if spec == "generated":
        try:
            return GeneratedMarket(seed, spx_settlement=spx_settlement or "open")
        except ValueError as error:
            raise MarketError((Problem(spec, None, str(error), "write --seed 7"),)) from None
    return HistoryMarket(Path(spec), spx_settlement)
