"""ALV0701: an `open` that holds only while an `unwind` of the same hedge holds."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.expressions import text_of
from alvh.compiler.implication import Implication
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.compiler.verbs import statements_of
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Related

RULE = Rule(
    code="ALV0701",
    name="opens-while-unwinding",
    family="logic",
    summary="An `open` that holds only while an `unwind` of the same hedge holds.",
    why="An unwind closes every lot of the hedge and lets nothing open until it is over. Two rules on one stream that point opposite ways"
    " leave the hedge empty in the very market that it is bought for.",
    example="let backwardation = vx(1) / vx(2) - 1\nhedge h {\n  unwind when backwardation > 8% until backwardation < 0%\n"
    "  layer tail {\n    buy VIX calls at 0.15 delta, 90 days\n    open when backwardation > 8%\n  }\n}\n",
    fix="let backwardation = vx(1) / vx(2) - 1\nhedge h {\n  unwind when backwardation > 15% until backwardation < 0%\n"
    "  layer tail {\n    buy VIX calls at 0.15 delta, 90 days\n    open when backwardation > 8%\n  }\n}\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    """Needs a graph without cycles."""
    implication = Implication(subject.meaning)
    for group, layer in subject.layers():
        for opening in statements_of(layer.statements, syntax.Open):
            for unwind in statements_of(group.statements, syntax.Unwind):
                if opening.condition is not None and implication.follows(unwind.condition, opening.condition):
                    yield _finding(opening, opening.condition, unwind, layer.path, group.name)


def _finding(opening: syntax.Open, condition: syntax.Expression, unwind: syntax.Unwind, layer: str, hedge: str) -> Diagnostic:
    message = (
        f"`{layer}` can never open by this line: whenever `{text_of(condition)}` holds, `{hedge}` unwinds"
        f" on `{text_of(unwind.condition)}`, and nothing opens meanwhile."
    )
    hint = "Unwind later than it opens, or let one of the two lines go."
    return RULE.finding(opening.span, message, hint, related=(Related(unwind.span, "it closes every lot of the hedge"),))
