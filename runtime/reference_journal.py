"""The journal of the reference interpreter: rows in the order in which things happened."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from alvh.runtime.market import Floats
from alvh.runtime.record import MAX_LEGS, MAX_READS, JournalRows
from alvh.runtime.reference_instruments import Contract
from alvh.runtime.reference_streams import UNKNOWN


@frozen
class Row:
    """One action; the columns are those of `JournalRows`."""

    bar: int
    layer: int
    slot: int
    action: int
    rule: int
    cut: int
    asked: float
    filled: float
    price: float
    cost: float
    contracts: Sequence[Contract] = ()
    reads: Sequence[float] = ()
    proxy: int = -1


def journal_rows(rows: Sequence[Row]) -> JournalRows:
    """The rows as columns of numbers."""

    def column(name: str) -> Floats:
        return np.array([float(getattr(row, name)) for row in rows], dtype=np.float64)

    def table(width: int, lines: list[list[float]]) -> Floats:
        return np.array([(line + [UNKNOWN] * width)[:width] for line in lines], dtype=np.float64).reshape(len(rows), width)

    return JournalRows(
        bar=column("bar"),
        layer=column("layer"),
        slot=column("slot"),
        action=column("action"),
        rule=column("rule"),
        cut=column("cut"),
        asked=column("asked"),
        filled=column("filled"),
        price=column("price"),
        cost=column("cost"),
        expiry=table(MAX_LEGS, [[expiry_number(contract) for contract in row.contracts] for row in rows]),
        strike=table(MAX_LEGS, [[contract.strike for contract in row.contracts] for row in rows]),
        reads=table(MAX_READS, [list(row.reads) for row in rows]),
        proxy=column("proxy"),
    )


def expiry_number(contract: Contract) -> float:
    """Its place in the table of its product; unknown for shares."""
    return UNKNOWN if contract.expiry is None else float(contract.expiry.number)
