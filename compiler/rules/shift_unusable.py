"""ALV0609: a `shift` between layers that have no share to give or to take."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.module import GroupDeclaration
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.compiler.verbs import only, statements_of
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Related

RULE = Rule(
    code="ALV0609",
    name="shift-unusable",
    family="risk",
    summary="A `shift` between layers that have no share to give or to take.",
    why="What is shifted is a part of the hedge's budget, from one layer's `share` to another's. A layer that may get some later starts"
    " with `share 0%`.",
    example="hedge h {\n  budget 1% of equity per year, paid monthly\n  layer a {\n    share 100%\n"
    "    buy VIX calls at 0.30 delta, 30 days\n  }\n  layer b { buy 1 VIX call at 0.15 delta, 90 days }\n"
    "  shift 10% from a to b when vix crosses above 30\n}\n",
    fix="hedge h {\n  budget 1% of equity per year, paid monthly\n  layer a {\n    share 100%\n"
    "    buy VIX calls at 0.30 delta, 30 days\n  }\n  layer b {\n    share 0%\n    buy VIX calls at 0.15 delta, 90 days\n  }\n"
    "  shift 10% from a to b when vix crosses above 30\n}\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for group in subject.meaning.module.groups:
        for shift in statements_of(group.statements, syntax.Shift):
            yield from _judge(shift, group, subject)


def _judge(shift: syntax.Shift, group: GroupDeclaration, subject: Subject) -> Iterator[Diagnostic]:
    layers = {layer.path: layer for layer in group.layers}
    named = [subject.meaning.references.get(id(path)) for path in (shift.source, shift.target)]
    if named[0] is not None and named[0] == named[1]:
        yield RULE.finding(shift.target.span, f"`{shift.target.name}` is shifted to itself.", "Name two layers.")
        return
    for path, reference in zip((shift.source, shift.target), named, strict=True):
        layer = None if reference is None else layers.get(reference.name)
        if layer is not None and only(layer.statements, syntax.ShareOfBudget) is None:
            message = f"`{layer.path}` has no share of the budget."
            yield RULE.finding(path.span, message, "Give it one: `share 20%`, or `share 0%`.", related=(Related(layer.span, "this layer"),))
