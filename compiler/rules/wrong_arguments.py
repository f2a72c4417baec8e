"""ALV0211: a function with too few or too many arguments."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0211",
    name="wrong-arguments",
    family="names",
    summary="A function with too few or too many arguments.",
    why="A window that is left out would be guessed, and a guess is not a rule.",
    example="book condors {\n  sell SPX put at 0.16 delta, 45 days\n  open when rsi(spx) < 30\n}\n",
    fix="book condors {\n  sell SPX put at 0.16 delta, 45 days\n  open when rsi(spx, 14) < 30\n}\n",
)


def wrong_arguments(span: Span, name: str, given: int, least: int, most: int, usage: str) -> Diagnostic:
    wanted = str(most) if least == most else f"{least} or {most}"
    noun = "argument" if most == 1 else "arguments"
    message = f"`{name}` takes {wanted} {noun}, and {given} {'is' if given == 1 else 'are'} given."
    return RULE.finding(span, message, f"Write it like `{usage}`.")
