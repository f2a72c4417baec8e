"""ALV0404: a layer that asks, in its own rules, what it decides today."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.expressions import children_of, expressions_of
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Severity

RULE = Rule(
    code="ALV0404",
    name="own-decision-unread",
    family="graph",
    summary="A layer asks what it decides today before it decides.",
    why="A layer's rules are read before it acts, so its own `opens`, `closes` and `rolls` are false in them on every bar.",
    example="hedge alvh {\n  layer near {\n    buy VIX calls at 0.30 delta, 30 days\n    close when near opens\n  }\n}\n",
    fix="hedge alvh {\n  layer near {\n    buy VIX calls at 0.30 delta, 30 days\n    close when prev(near opens)\n  }\n}\n",
    severity=Severity.WARNING,
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for _, layer in subject.layers():
        for statement in layer.statements:
            waiting = list(expressions_of(statement))
            while waiting:
                current = waiting.pop()
                if isinstance(current, syntax.Call) and subject.function(current) == "prev":
                    continue
                waiting.extend(children_of(current))
                reference = subject.meaning.references.get(id(current))
                if isinstance(current, syntax.Holding) and reference is not None and reference.name == layer.path:
                    if current.state not in ("opens", "closes", "rolls"):
                        continue
                    yield RULE.finding(
                        current.span,
                        f"`{current.span.text}` is never true here: the rules of `{layer.path}` are read before it acts.",
                        f"`prev({current.span.text})` asks about the bar before.",
                    )
