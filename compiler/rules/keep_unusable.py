"""ALV0608: a `keep` of what it cannot keep."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.expressions import text_of
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Related

RULE = Rule(
    code="ALV0608",
    name="keep-unusable",
    family="risk",
    summary="A `keep` of what it cannot keep.",
    why="`keep` buys and sells structures of the layers named, each in its turn, until the account's `net_beta` is back in its band.",
    example="hedge h {\n  keep vix in 12 .. 20 using a\n  layer a { buy VIX calls at 0.30 delta, 60 days }\n}\n",
    fix="hedge h {\n  keep net_beta in 0.08 .. 0.12 using a\n  layer a { buy VIX calls at 0.30 delta, 60 days }\n}\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for group in subject.meaning.module.groups:
        for keep in group.statements:
            if isinstance(keep, syntax.Keep):
                yield from _judge(keep, subject)


def _judge(keep: syntax.Keep, subject: Subject) -> Iterator[Diagnostic]:
    reference = subject.meaning.references.get(id(keep.value))
    if (reference is None and id(keep.value) in subject.meaning.kinds) or (reference is not None and reference.name != "net_beta"):
        message = f"`{text_of(keep.value)}` cannot be kept: only the account's `net_beta` can."
        yield RULE.finding(keep.value.span, message, "Write it like `keep net_beta in 0.08 .. 0.12 using two, three`.")
    first: dict[str, syntax.Path] = {}
    for path in keep.layers:
        layer = subject.meaning.references.get(id(path))
        if layer is not None and first.setdefault(layer.name, path) is not path:
            related = (Related(first[layer.name].span, "first here"),)
            yield RULE.finding(path.span, f"`{path.name}` is named twice.", "Name each layer once, in its turn.", related=related)
