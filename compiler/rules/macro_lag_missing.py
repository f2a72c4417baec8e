"""ALV0502: a macro series without its publication lag."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.grammar.diagnostics import Diagnostic, Severity

RULE = Rule(
    code="ALV0502",
    name="macro-lag-missing",
    family="time",
    summary="A macro series without its publication lag.",
    why="A month's figure is published weeks after the month, and revised later. A series joined by the date it describes would let a rule"
    " trade on figures that nobody had.",
    example="input reer : index\n",
    fix="input reer : index  lag 45 days\n",
    severity=Severity.WARNING,
)

MACRO_WORDS = frozenset(
    [
        "cpi",
        "ppi",
        "pce",
        "gdp",
        "gnp",
        "reer",
        "neer",
        "pmi",
        "ism",
        "m1",
        "m2",
        "unemployment",
        "payroll",
        "payrolls",
        "nfp",
        "wages",
        "claims",
        "retail",
        "housing",
        "starts",
        "permits",
        "industrial",
        "production",
        "sentiment",
        "confidence",
        "trade",
        "balance",
        "earnings",
        "inflation",
    ]
)
"""Words of series that are published well after what they measure. A guess by name, so a warning only."""


def find(subject: Subject) -> Iterator[Diagnostic]:
    for entry in subject.meaning.module.inputs:
        words = MACRO_WORDS & set(entry.name.name.lower().split("_"))
        if words and entry.lag is None and entry.kind.name in ("index", "number", "ratio", "money"):
            name = entry.name.name
            yield RULE.finding(
                entry.span,
                f"`{name}` looks like a macro series, and says no `lag`: its figures would be read on the day they describe.",
                f"State when it is published, as in `input {name} : {entry.kind.name}  lag 45 days`;"
                " `lag 0 days` where the file's dates are those of publication.",
            )
