"""ALV0260: a claim in a scenario that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.nearest_names import did_you_mean
from alvh.compiler.registry import Rule
from alvh.compiler.scenarios import SCENARIOS
from alvh.compiler.subject import Subject
from alvh.grammar.diagnostics import Diagnostic

RULE = Rule(
    code="ALV0260",
    name="unknown-scenario",
    family="names",
    summary="A claim in a scenario that nobody knows.",
    why="A scenario is a window of real history that is known by name, so that everybody judges a claim on the same days.",
    example='book condors { sell SPX put at 0.16 delta, 45 days }\nclaim crash : max_drawdown > -20% in "covid"\n',
    fix='book condors { sell SPX put at 0.16 delta, 45 days }\nclaim crash : max_drawdown > -20% in "covid_2020_02_03"\n',
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for claim in subject.meaning.module.claims:
        if claim.scenario is not None and claim.scenario not in SCENARIOS:
            listed = ", ".join(f"`{name}`" for name in SCENARIOS)
            starting = tuple(f"Did you mean `{name}`?" for name in SCENARIOS if claim.scenario and name.startswith(claim.scenario.lower()))[
                :1
            ]
            hints = starting or did_you_mean(claim.scenario, SCENARIOS)
            yield RULE.finding(claim.span, f"There is no scenario `{claim.scenario}`.", *hints, f"It is one of {listed}.")
