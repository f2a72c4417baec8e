"""What a rule of `alvh check` is, and where all of them are found."""

from __future__ import annotations

from typing import Literal as OneOf
from typing import TypeAlias

from attrs import frozen

from alvh.grammar.diagnostics import Diagnostic, Related, Severity
from alvh.grammar.source import Span

RuleFamily: TypeAlias = OneOf["syntax", "names", "units", "graph", "time", "risk", "logic"]


@frozen
class Rule:
    """One rule, whose file in `compiler/rules` also holds the words of its findings.

    The page of a rule is made of these texts: `why` says what would go wrong, `example` is a small program with the
    mistake, `fix` the same program without it.
    """

    code: str
    name: str
    family: RuleFamily
    summary: str
    why: str
    example: str
    fix: str
    severity: Severity = Severity.ERROR

    def finding(self, span: Span, message: str, *hints: str, related: tuple[Related, ...] = ()) -> Diagnostic:
        """A finding of this rule at `span`."""
        return Diagnostic(self.code, self.name, self.severity, message, span, related=related, hints=hints)


def all_rules() -> tuple[Rule, ...]:
    """Every rule in `compiler/rules`, by code. It imports them all: for the documentation and its tests, not for a check."""
    from importlib import import_module
    from pkgutil import iter_modules

    from alvh.compiler import rules

    found: list[Rule] = [import_module(f"{rules.__name__}.{module.name}").RULE for module in iter_modules(rules.__path__)]
    return tuple(sorted(found, key=lambda rule: rule.code))
