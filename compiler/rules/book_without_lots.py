"""ALV0406: a question to a book that holds only the index."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.dependencies import positions_of
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Related

RULE = Rule(
    code="ALV0406",
    name="book-without-lots",
    family="graph",
    summary="A question to a book that holds only the index.",
    why="Attributes are those of lots, structures filled together. A book that only holds SPX has none: what it holds is part of `equity`.",
    example="book market { hold SPX }\nhedge calls {\n  layer one {\n    buy 1 VIX call at 0.30 delta, 30 days\n"
    "    open when market.value > $500_000\n  }\n}\n",
    fix="book market { hold SPX }\nhedge calls {\n  layer one {\n    buy 1 VIX call at 0.30 delta, 30 days\n"
    "    open when equity > $500_000\n  }\n}\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    empty = {group.name: group for group in subject.meaning.module.groups if not positions_of(group)}
    if not empty:
        return
    answered: set[int] = set()
    for expression in subject.expressions():
        reference = subject.meaning.references.get(id(expression))
        if reference is None or not isinstance(expression, syntax.Name | syntax.Attribute | syntax.Holding):
            continue
        name = reference.owner if reference.sort == "attribute" else reference.name if reference.sort in ("group", "layer") else ""
        if name in empty and expression.span.start not in answered:
            answered.add(expression.span.start)  # `market.value` is asked about once, not again as `market`
            yield RULE.finding(
                expression.span,
                f"`{name}` holds no lots, so it has nothing that `{expression.span.text}` could say.",
                "`equity` is the whole account, the index included.",
                related=(Related(empty[name].span, "it holds only the index"),),
            )
