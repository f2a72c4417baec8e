"""ALV0313: a size that does not say what it counts."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0313",
    name="size-of-what",
    family="units",
    summary="A size that does not say what it counts.",
    why="`4%` needs a base, and `2` may be contracts or dollars.",
    example="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  size 4%
}
""",
    fix="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  size 4% of equity
}
""",
)


def size_of_what(span: Span, verb: str, text: str, *fixed: str) -> Diagnostic:
    choices = " or ".join(f"`{verb} {choice}`" for choice in fixed)
    return RULE.finding(span, f"`{verb} {text}`: of what?", f"Write {choices}.")


def size_in_what(span: Span, verb: str, text: str, *fixed: str) -> Diagnostic:
    choices = " or ".join(f"`{verb} {choice}`" for choice in fixed)
    return RULE.finding(span, f"`{verb} {text}`: contracts or dollars?", f"Write {choices}.")


def size_of_kind(span: Span, verb: str, text: str, kind: str) -> Diagnostic:
    message = f"{'A size' if verb == 'size' else 'What is added'} is contracts or money, and `{text}` is {kind}."
    return RULE.finding(span, message, f"Write `{verb} 2 contracts`, `{verb} $5_000` or `{verb} 2% of equity`.")
