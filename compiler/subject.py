"""What the rules on graph, time and risk look at: a module whose names are resolved, and its dependencies."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from alvh.compiler.dependencies import Dependencies, positions_of
from alvh.compiler.expressions import expressions_of, walk
from alvh.compiler.meaning import Meaning
from alvh.compiler.module import GroupDeclaration, LayerDeclaration
from alvh.grammar import syntax
from alvh.grammar.source import Source


@frozen(eq=False)
class Subject:
    meaning: Meaning
    dependencies: Dependencies
    source: Source
    """The file that is checked, beside those it uses."""

    def layers(self) -> Iterator[tuple[GroupDeclaration, LayerDeclaration]]:
        """Every layer that holds lots, with its group, by name."""
        for group in sorted(self.meaning.module.groups, key=lambda group: group.name):
            for layer in positions_of(group):
                yield group, layer

    def statements(self) -> Iterator[syntax.Statement]:
        """Every statement of books, hedges and layers, once, though several layers may share it."""
        seen: set[int] = set()
        for group in self.meaning.module.groups:
            for statement in (*group.statements, *(statement for layer in group.layers for statement in layer.statements)):
                if id(statement) not in seen:
                    seen.add(id(statement))
                    yield statement

    def expressions(self) -> Iterator[syntax.Expression]:
        """Every expression of the module, those inside others included."""
        module = self.meaning.module
        outermost: list[syntax.Expression | None] = [part for param in module.params for part in (param.value, param.low, param.high)]
        outermost += [let.value for let in module.lets]
        outermost += [trigger.condition for trigger in module.triggers]
        outermost += [entry.lag for entry in module.inputs]
        outermost += [part for claim in module.claims for part in (claim.measure, claim.on_days)]
        outermost += [step.condition for test in module.tests for step in test.steps if isinstance(step, syntax.Expect)]
        outermost += [expression for statement in self.statements() for expression in expressions_of(statement)]
        for expression in outermost:
            if expression is not None:
                yield from walk(expression)

    def function(self, call: syntax.Call) -> str:
        """The name of the function called; "" for one that could not be resolved."""
        reference = self.meaning.references.get(id(call.function))
        return reference.name if reference is not None and reference.sort == "function" else ""
