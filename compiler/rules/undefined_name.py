"""ALV0201: a name that nothing declares."""

from __future__ import annotations

import re
from collections.abc import Iterable

from alvh.compiler.nearest_names import did_you_mean
from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0201",
    name="undefined-name",
    family="names",
    summary="A name that nothing declares.",
    why="A rule can only read what the market supplies, what the file declares, or what a used file brings in.",
    example="book condors {\n  sell SPX put at 0.16 delta, 45 days\n  close when vixx > 30\n}\n",
    fix="book condors {\n  sell SPX put at 0.16 delta, 45 days\n  close when vix > 30\n}\n",
)


OTHER_NAMES = {
    **dict.fromkeys(("pnl", "gain", "pl"), "What open lots have earned is `profit`; what closed ones have, `realized`."),
    **dict.fromkeys(("premium", "max_profit"), "What open lots received is `credit`; what they paid, `cost`."),
    **dict.fromkeys(("spot", "price", "close", "underlying"), "The index is `spx`, spot volatility `vix`, its futures `vx(1)`, `vx(2)`."),
    **dict.fromkeys(("account", "portfolio", "nav", "balance"), "The whole account is `equity`, what it holds in money `cash`."),
    **dict.fromkeys(("spy", "es", "sp500"), "The index is `spx`."),
    **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "`every week` is the first session of each week."),
    "days_to_expiry": "Days to expiry are `dte`.",
}
"""What to write for a name that traders use for something that has another name here."""

_RANKED = re.compile(r"(?:vx|vix|ux|uxx)_?([1-9])", re.IGNORECASE)


def undefined_name(span: Span, name: str, known: Iterable[str], *hints: str) -> Diagnostic:
    ranked = _RANKED.fullmatch(name)
    if ranked:
        hints = (f"The monthly VIX futures are `vx(1)` to `vx(9)`: write `vx({ranked[1]})`.",)
    elif name.lower() in OTHER_NAMES:
        hints = (OTHER_NAMES[name.lower()],)
    found = (*hints, *did_you_mean(name, known)) if not ranked else hints
    give = f"Give it a value, as in `let {name} = …`; a series of your own is declared with `input {name} : index`."
    return RULE.finding(span, f"Nothing is called `{name}` here.", *(found or (give,)))


def undefined_layer(span: Span, name: str, known: Iterable[str]) -> Diagnostic:
    choices = tuple(dict.fromkeys(known))
    hints = did_you_mean(name, choices) or ((f"There is {', '.join(f'`{choice}`' for choice in choices)}.",) if choices else ())
    return RULE.finding(span, f"No book, hedge or layer is called `{name}`.", *hints)


def undefined_calendar(span: Span, name: str, known: Iterable[str]) -> Diagnostic:
    hints = did_you_mean(name, known) or (OTHER_NAMES.get(name.lower(), f"Declare it: `calendar {name}`. The dates come with the market."),)
    return RULE.finding(span, f"No calendar is called `{name}`.", *hints)


def undefined_structure(span: Span, name: str, known: Iterable[str]) -> Diagnostic:
    hints = did_you_mean(name, known) or (f"Declare it: `structure {name}(short_delta : delta) {{ ... }}`.",)
    return RULE.finding(span, f"No structure is called `{name}`.", *hints)


def undefined_leg(span: Span, name: str, known: Iterable[str]) -> Diagnostic:
    hints = did_you_mean(name, known) or (f"Give the leg a name: `{name} : sell ...`.",)
    return RULE.finding(span, f"No other leg of this structure is called `{name}`.", *hints)
