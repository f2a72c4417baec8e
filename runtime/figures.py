"""Values in a reader's words: each with the unit that a strategy file writes it with."""

from __future__ import annotations

import math

from alvh.compiler.kinds import Family, Kind

_TRUTHS = frozenset({Family.CONDITION, Family.EVENT, Family.CALENDAR})
_COUNTED = {Family.CONTRACTS: "contract", Family.DAYS: "day", Family.SESSIONS: "session"}


def truth_in_words(value: float) -> str:
    """A condition: true, false or unknown."""
    return "unknown" if math.isnan(value) else "true" if value else "false"


def in_words(value: float, kind: Kind) -> str:
    """`23.4`, `8%`, `$1,250`, `0.16 delta`, `9 days`; `unknown` where it is."""
    if kind.family in _TRUTHS:
        return truth_in_words(value)
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "infinite" if value > 0.0 else "-infinite"
    match kind.family:
        case Family.RATIO:
            return f"{100.0 * value:.4g}%"
        case Family.MONEY | Family.LAYER:
            return dollars(value)
        case Family.MONEY_PER_DAY:
            return f"{dollars(value)} a day"
        case Family.MONEY_PER_POINT:
            return f"{dollars(value)} a point"
        case Family.DELTA:
            return f"{value:.3g} delta"
        case Family.CONTRACTS | Family.DAYS | Family.SESSIONS:
            unit = _COUNTED[kind.family]
            return f"{value:.6g} {unit}{'' if value == 1.0 else 's'}"
    return f"{value:.6g}"


def dollars(value: float) -> str:
    """With cents below a thousand."""
    rounded = round(value, 2 if abs(value) < 1000.0 else 0) + 0.0
    digits = 2 if rounded != int(rounded) else 0
    return f"{'-' if rounded < 0.0 else ''}${abs(rounded):,.{digits}f}"
