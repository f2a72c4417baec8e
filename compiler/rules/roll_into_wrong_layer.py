"""ALV0402: `roll into` a layer that cannot hold the lot."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.constants import constant_value
from alvh.compiler.module import GroupDeclaration, LayerDeclaration
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.compiler.verbs import only, statements_of
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Related

RULE = Rule(
    code="ALV0402",
    name="roll-into-wrong-layer",
    family="graph",
    summary="A roll into a layer that cannot hold the lot.",
    why="The layer rolled into pays for a lot of its own legs, under its own limits: another layer of the same hedge, with room.",
    example="hedge alvh {\n  layer front {\n    buy VIX calls at 0.30 delta, 30 days\n    roll into front when dte <= 7 days\n  }\n}\n",
    fix="hedge alvh {\n  layer front {\n    buy VIX calls at 0.30 delta, 30 days\n    roll when dte <= 7 days\n  }\n}\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for group, layer in subject.layers():
        for roll in statements_of(layer.statements, syntax.Roll):
            if roll.into is not None:
                yield from _judge(subject, group, layer, roll.into)


def _judge(subject: Subject, group: GroupDeclaration, layer: LayerDeclaration, into: syntax.Path) -> Iterator[Diagnostic]:
    reference = subject.meaning.references.get(id(into))
    if reference is None:
        return
    if reference.sort == "group":
        yield RULE.finding(into.span, f"`{into.name}` is no layer, so no lot can roll into it.", f"Name one layer of `{group.name}`.")
        return
    target_group, target = next((pair for pair in subject.layers() if pair[1].path == reference.name), (None, None))
    if reference.sort != "layer" or target is None or target_group is None:
        return
    related = (Related(target.span, f"`{target.path}` stands here"),)
    if target.path == layer.path:
        yield RULE.finding(into.span, f"`{layer.path}` cannot roll into itself.", "`roll when ...` buys the layer's own legs anew.")
    elif target_group.name != group.name:
        yield RULE.finding(
            into.span,
            f"A lot of `{group.name}` cannot roll into `{target.path}`, which belongs to the {target_group.kind} `{target_group.name}`.",
            f"Roll into another layer of `{group.name}`, or close here and open there.",
            related=related,
        )
    else:
        at_most = only(target.statements, syntax.AtMost)
        if at_most is not None and constant_value(at_most.count, subject.meaning) == 0:
            yield RULE.finding(
                into.span,
                f"`{target.path}` may hold no lot (`at most 0 lots`), so no lot can roll into it.",
                f"Let `{target.path}` hold at least one lot.",
                related=(Related(at_most.span, "it says so here"),),
            )
