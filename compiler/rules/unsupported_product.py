"""ALV0207: a product in a form that nobody lists."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.compiler.vocabulary import PRODUCTS
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span
from alvh.grammar.syntax import Right

RULE = Rule(
    code="ALV0207",
    name="unsupported-product",
    family="names",
    summary="A product in a form that nobody lists.",
    why="VIX itself cannot be bought, only options on it and its futures VX and VXM; SPX, VXX and UVXY come as options and as shares.",
    example="hedge h {\n  layer calls { buy 1 VX call at 0.50 delta, 30 days }\n}\n",
    fix="hedge h {\n  layer calls { buy 1 VIX call at 0.50 delta, 30 days }\n}\n",
)

_WORDS: dict[Right, str] = {"call": "calls", "put": "puts", "future": "futures", "shares": "shares"}


def unsupported_product(span: Span, name: str, right: Right) -> Diagnostic:
    forms = [_WORDS[form] for form in PRODUCTS[name].rights]
    listed = " and ".join(filter(None, (", ".join(forms[:-1]), forms[-1])))
    hint = "Options on volatility are VIX calls and puts." if right in ("call", "put") else "VIX futures are VX and VXM, a tenth of it."
    if right == "shares":
        hint = "Shares are those of SPX, VXX and UVXY."
    return RULE.finding(span, f"There are no {name} {_WORDS[right]}: {name} comes as {listed}.", hint)


def unsupported_holding(span: Span, product: str) -> Diagnostic:
    return RULE.finding(span, f"Only the index can be held, not `{product}`.", "Write `hold SPX`.")
