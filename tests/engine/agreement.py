"""Whether two run records are the same, bit for bit, and where they first differ if not."""

from __future__ import annotations

import attrs
import numpy as np

from alvh.runtime.record import JournalRows, RunRecord, same_bits


def first_difference(expected: RunRecord, found: RunRecord) -> str | None:
    """The first field that differs, with row and both values; None when every bit agrees."""
    for name in (field.name for field in attrs.fields(JournalRows)):
        difference = _difference(f"journal.{name}", getattr(expected.journal, name), getattr(found.journal, name))
        if difference is not None:
            return difference
    for name in (field.name for field in attrs.fields(RunRecord) if field.name != "journal"):
        difference = _difference(name, getattr(expected, name), getattr(found, name))
        if difference is not None:
            return difference
    return None


def _difference(name: str, expected: object, found: object) -> str | None:
    if not isinstance(expected, np.ndarray):
        return None if expected == found else f"{name}: expected {expected}, found {found}"
    assert isinstance(found, np.ndarray)
    if same_bits(np.ascontiguousarray(expected, dtype=np.float64), np.ascontiguousarray(found, dtype=np.float64)):
        return None
    if expected.shape != found.shape:
        return f"{name}: expected shape {expected.shape}, found {found.shape}\n{expected}\n{found}"
    unlike = ~((expected == found) | (np.isnan(expected) & np.isnan(found)))
    if not unlike.any():
        return f"{name}: signs of zero differ"
    place = tuple(int(index) for index in np.argwhere(unlike)[0])
    return f"{name}{list(place)}: expected {expected[place]!r}, found {found[place]!r}"
