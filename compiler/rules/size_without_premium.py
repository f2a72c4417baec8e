"""ALV0610: a size that is measured by what a structure does not have."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.module import GroupDeclaration, LayerDeclaration
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.compiler.verbs import only, statements_of
from alvh.compiler.vocabulary import OPTIONS
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Related

RULE = Rule(
    code="ALV0610",
    name="size-without-premium",
    family="risk",
    summary="A size that is measured by what a structure does not have.",
    why="A future costs no premium, so a budget cannot say how many to buy; futures and shares have no worst loss at an expiry, and what is"
    " written is covered elsewhere, so `max_loss` cannot.",
    example="hedge h {\n  budget 1% of equity per year, paid monthly\n  layer a {\n    share 100%\n    buy VX future, month 1\n"
    "    hold to expiry\n  }\n}\n",
    fix="hedge h {\n  budget 1% of equity per year, paid monthly\n  layer a {\n    share 100%\n    buy VX future, month 1\n"
    "    size 4% of equity\n    hold to expiry\n  }\n}\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for group, layer in subject.layers():
        yield from _judge(group, layer)


def _judge(group: GroupDeclaration, layer: LayerDeclaration) -> Iterator[Diagnostic]:
    legs = statements_of(layer.statements, syntax.Leg)
    size = only(layer.statements, syntax.Size)
    share = only(layer.statements, syntax.ShareOfBudget)
    hint = "State a size, as in `size 4% of equity` or `size 2 contracts`."
    if size is not None and size.max_loss:
        unbounded = next((leg for leg in legs if leg.right not in OPTIONS or leg.against is not None), None)
        if unbounded is not None:
            message = f"`{layer.path}` has no worst loss at expiry by which `max_loss` could size it."
            yield RULE.finding(size.span, message, hint, related=(Related(unbounded.span, "this leg has none"),))
    elif size is None and share is not None and all(leg.count is None for leg in legs):
        free = next((leg for leg in legs if leg.right == "future" or leg.against is not None), None)
        if free is not None:
            message = f"`{layer.path}` pays no premium that the budget of `{group.name}` could measure."
            yield RULE.finding(free.span, message, hint, related=(Related(share.span, "it spends its share"),))
