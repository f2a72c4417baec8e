"""ALV0403: a layer that waits for one that never opens."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.constants import constant_value
from alvh.compiler.expressions import walk
from alvh.compiler.module import LayerDeclaration
from alvh.compiler.order import canonical_order
from alvh.compiler.possible_values import PossibleValues
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.compiler.verbs import only, statements_of
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Related

RULE = Rule(
    code="ALV0403",
    name="layer-never-opens",
    family="graph",
    summary="A layer waits for one that never opens.",
    why="A layer without a lot is flat: it is not open, has no profit and no age. A rule that asks more of it than that never holds, and"
    " the layer that states the rule never opens, however long the run.",
    example="hedge alvh {\n  layer near {\n    buy VIX calls at 0.30 delta, 30 days\n    open when near is open\n  }\n}\n",
    fix="hedge alvh {\n  layer near {\n    buy VIX calls at 0.30 delta, 30 days\n    open when near is closed\n  }\n}\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    """Needs a graph without cycles. The layers that can open are found outward from those whose rules ask nothing of
    another; what is left never opens."""
    layers = {layer.path: layer for _, layer in subject.layers()}
    order = canonical_order(subject.dependencies)
    can_open = set(layers) & _kept_with(subject)
    growing = True
    while growing:
        values = PossibleValues(subject.meaning, order, frozenset(layers) - can_open)
        found = {path for path, layer in layers.items() if path not in can_open and _may_open(layer, values, subject)}
        found |= {target for path in can_open | found for target in _rolled_into(layers[path], subject) if target in layers} - can_open
        growing = bool(found)
        can_open |= found
    for path, layer in sorted(layers.items()):
        if path in can_open or not _opens(layer):
            continue
        waits_for = sorted(_asked(layer, subject) & (set(layers) - can_open))
        if waits_for:
            yield _finding(layer, waits_for, layers)


def _finding(layer: LayerDeclaration, waits_for: list[str], layers: dict[str, LayerDeclaration]) -> Diagnostic:
    rule = _opens(layer)[0]
    related = tuple(Related(layers[other].span, f"`{other}` never opens") for other in waits_for if other != layer.path)
    if waits_for == [layer.path]:
        message = f"`{layer.path}` can never open: it waits for itself to be open."
        return RULE.finding(rule.span, message, "A layer without `open` opens whenever it holds no lot.")
    others = " and ".join(f"`{other}`" for other in waits_for if other != layer.path)
    message = f"`{layer.path}` can never open: it waits for {others}, which never opens."
    return RULE.finding(rule.span, message, f"Give {others} an `open` rule that can hold while `{layer.path}` is closed.", related=related)


def _opens(layer: LayerDeclaration) -> tuple[syntax.Open, ...]:
    return statements_of(layer.statements, syntax.Open)


def _may_open(layer: LayerDeclaration, values: PossibleValues, subject: Subject) -> bool:
    at_most = only(layer.statements, syntax.AtMost)
    if at_most is not None and constant_value(at_most.count, subject.meaning) == 0:
        return False
    opens = _opens(layer)
    return not opens or any(rule.condition is None or values.can_be_true(rule.condition) for rule in opens)


def _rolled_into(layer: LayerDeclaration, subject: Subject) -> Iterator[str]:
    for roll in statements_of(layer.statements, syntax.Roll):
        reference = None if roll.into is None else subject.meaning.references.get(id(roll.into))
        if reference is not None:
            yield reference.name


def _kept_with(subject: Subject) -> set[str]:
    """The layers that a `keep` opens, whatever their own rules say."""
    paths = [path for statement in subject.statements() if isinstance(statement, syntax.Keep) for path in statement.layers]
    references = [subject.meaning.references.get(id(path)) for path in paths]
    return {reference.name for reference in references if reference is not None}


def _asked(layer: LayerDeclaration, subject: Subject) -> set[str]:
    """The layers that the open rules ask about, through lets and triggers too."""
    named = {let.name.name: let.value for let in subject.meaning.module.lets}
    named |= {trigger.name.name: trigger.condition for trigger in subject.meaning.module.triggers}
    asked: set[str] = set()
    seen: set[str] = set()
    waiting = [rule.condition for rule in _opens(layer) if rule.condition is not None]
    while waiting:
        for part in walk(waiting.pop()):
            reference = subject.meaning.references.get(id(part))
            if reference is None:
                continue
            if reference.sort == "layer":
                asked.add(reference.name)
            elif reference.sort == "attribute":
                asked.add(reference.owner)
            elif reference.name in named and reference.name not in seen and reference.sort in ("let", "trigger"):
                seen.add(reference.name)
                waiting.append(named[reference.name])
    return asked
