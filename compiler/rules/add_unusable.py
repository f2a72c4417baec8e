"""ALV0408: an `add` that can add nothing."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.constants import constant_value
from alvh.compiler.expressions import text_of
from alvh.compiler.module import LayerDeclaration
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.compiler.verbs import only, statements_of
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Related

RULE = Rule(
    code="ALV0408",
    name="add-unusable",
    family="graph",
    summary="An `add` that can add nothing.",
    why="`add` puts another lot beside those that a layer holds, so the layer says how many it may hold. `add from` draws what another"
    " layer has gained.",
    example="hedge h {\n  layer a {\n    buy VIX calls at 0.30 delta, 60 days\n    size 2 contracts\n"
    "    add 1 contract when vix crosses above 30\n  }\n}\n",
    fix="hedge h {\n  layer a {\n    buy VIX calls at 0.30 delta, 60 days\n    size 2 contracts\n    at most 4 lots\n"
    "    add 1 contract when vix crosses above 30\n  }\n}\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for _, layer in subject.layers():
        for add in statements_of(layer.statements, syntax.Add):
            yield from _judge_room(add, layer, subject)
            if add.source is not None:
                yield from _judge_source(add.source, layer, subject)


def _judge_room(add: syntax.Add, layer: LayerDeclaration, subject: Subject) -> Iterator[Diagnostic]:
    at_most = only(layer.statements, syntax.AtMost)
    if at_most is None:
        yield RULE.finding(add.span, f"`{layer.path}` does not say how many lots it may hold.", "Say so, as in `at most 4 lots`.")
        return
    most = constant_value(at_most.count, subject.meaning)
    if most is not None and most < 2:
        related = (Related(at_most.span, "it says so here"),)
        message = f"`{layer.path}` may hold {most:g} {'lot' if most == 1 else 'lots'}, so there is no room to add one."
        yield RULE.finding(add.span, message, "Let it hold two lots at least.", related=related)


def _judge_source(source: syntax.Expression, layer: LayerDeclaration, subject: Subject) -> Iterator[Diagnostic]:
    reference = subject.meaning.references.get(id(source))
    if reference is None:
        if id(source) in subject.meaning.kinds and not isinstance(source, syntax.Name | syntax.Attribute):
            yield RULE.finding(source.span, f"`{text_of(source)}` is no layer's gains.", "Write it like `add from near.gains`.")
    elif reference.sort != "attribute" or reference.name != "gains":
        yield RULE.finding(source.span, f"`{text_of(source)}` is no layer's gains.", "Write it like `add from near.gains`.")
    elif reference.owner == layer.path:
        yield RULE.finding(source.span, f"`{layer.path}` cannot draw on its own gains.", "Name a layer that decides before it.")
    elif all(reference.owner != known.path for _, known in subject.layers()):
        message = f"`{reference.owner}` has several layers, and `add` draws the gains of one."
        yield RULE.finding(source.span, message, f"Name one of them, as in `{_first_layer(reference.owner, subject)}.gains`.")


def _first_layer(group: str, subject: Subject) -> str:
    return next((layer.path for owner, layer in subject.layers() if owner.name == group), group)
