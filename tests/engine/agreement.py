"""Whether two run records are the same, bit for bit, and where they first differ if not."""

from __future__ import annotations

import math

import attrs
import numpy as np

from alvh.runtime.record import JournalRows, RunRecord, same_bits

COLUMNS = tuple(field.name for field in attrs.fields(JournalRows))
ACTIONS = ("open", "close", "roll out", "roll in", "rebalance", "settle", "refused", "add", "trim", "shift", "keep")


def first_difference(expected: RunRecord, found: RunRecord) -> str | None:
    """The first row of the journal, else the first field that differs, with both values; None when every bit agrees."""
    difference = _first_unlike_row(expected.journal, found.journal)
    if difference is not None:
        return difference
    for name in (field.name for field in attrs.fields(RunRecord) if field.name != "journal"):
        difference = _difference(name, getattr(expected, name), getattr(found, name))
        if difference is not None:
            return difference
    return None


def journal_row(journal: JournalRows, row: int) -> str:
    """One row of a journal as text."""
    if row >= len(journal.bar):
        return "no row"
    values = {name: getattr(journal, name)[row] for name in COLUMNS}
    values["action"] = dict(enumerate(ACTIONS)).get(values["action"], "no action")
    return ", ".join(f"{name} {value if isinstance(value, str) else value.tolist()}" for name, value in values.items())


def _first_unlike_row(expected: JournalRows, found: JournalRows) -> str | None:
    rows = min(len(expected.bar), len(found.bar))
    first = len(expected.bar) if len(expected.bar) == len(found.bar) else rows
    for name in COLUMNS:
        left, right = _bits(getattr(expected, name)[:rows]), _bits(getattr(found, name)[:rows])
        unlike = np.flatnonzero((left != right).reshape(rows, math.prod(left.shape[1:])).any(axis=1))
        if len(unlike):
            first = min(first, int(unlike[0]))
    if first == len(expected.bar) == len(found.bar):
        return None
    return f"journal row {first}: expected\n  {journal_row(expected, first)}\nfound\n  {journal_row(found, first)}"


def _bits(values: np.ndarray) -> np.ndarray:
    """Values as whole numbers of the same bits, one unknown being as good as another."""
    floats = np.ascontiguousarray(values, dtype=np.float64)
    return np.where(np.isnan(floats), np.nan, floats).view(np.int64)


def _difference(name: str, expected: object, found: object) -> str | None:
    if not isinstance(expected, np.ndarray):
        return None if expected == found else f"{name}: expected {expected}, found {found}"
    assert isinstance(found, np.ndarray)
    if expected.shape != found.shape:
        return f"{name}: expected shape {expected.shape}, found {found.shape}"
    if same_bits(np.ascontiguousarray(expected, dtype=np.float64), np.ascontiguousarray(found, dtype=np.float64)):
        return None
    place = tuple(int(index) for index in np.argwhere(_bits(expected) != _bits(found))[0])
    return f"{name}{list(place)}: expected {expected[place]!r}, found {found[place]!r}"
