"""ALV0407: more names that hang on each other than anyone can follow."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.dependencies import names_along_past
from alvh.compiler.order import strong_components
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.grammar.diagnostics import Diagnostic

MOST = 50

RULE = Rule(
    code="ALV0407",
    name="knot-too-large",
    family="graph",
    summary=f"More than {MOST} names that read one another.",
    why="Names may read one another's past through `prev`. The bound keeps a file that was sent to you from occupying your machine.",
    example="".join(f"trigger t{number} = vix > {number} or prev(t{(number + 1) % 51})\n" for number in range(51)),
    fix="trigger t0 = vix > 0 or prev(t1)\ntrigger t1 = vix > 1 or prev(t0)\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for knot in strong_components(names_along_past(subject.dependencies)):
        if len(knot) > MOST:
            span = subject.dependencies.vertex(min(knot)).span
            if span is not None:
                message = f"{len(knot)} names read one another, `{min(knot)}` among them; {MOST} is the most."
                yield RULE.finding(span, message, "Say some of them in terms of the market alone.")
