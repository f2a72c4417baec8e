"""ALV0227: a leg without its expiry, or with a strike that hangs on itself."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0227",
    name="incomplete-leg",
    family="names",
    summary="A leg without its expiry, or with a strike that hangs on itself.",
    why="What is bought must follow from the rules alone.",
    example="hedge h {\n  layer calls { buy 1 VIX call at 0.30 delta }\n}\n",
    fix="hedge h {\n  layer calls { buy 1 VIX call at 0.30 delta, 30 days }\n}\n",
)


def leg_without_expiry(span: Span) -> Diagnostic:
    return RULE.finding(span, "This leg has no expiry.", "Write `, 30 days` at its end, or one `expiry 30 days` for all legs.")


def same_expiry_as_none(span: Span) -> Diagnostic:
    return RULE.finding(
        span, "`same expiry` follows another leg, and no leg before this one states an expiry.", "Write it out, as in `30 days`."
    )


def same_expiry_as_other(span: Span, product: str, other: str) -> Diagnostic:
    message = f"{product} does not expire on the days of {other}, whose leg stands before this one."
    return RULE.finding(span, message, "Write the expiry out, as in `30 days`.")


def circular_strikes(span: Span, name: str) -> Diagnostic:
    message = f"The strikes of these legs wait for one another: each is measured from `{name}`'s or the other way round."
    return RULE.finding(span, message, "Give one of them a strike of its own, as in `at 0.16 delta`.")
