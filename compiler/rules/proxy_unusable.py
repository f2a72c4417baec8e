"""ALV0607: a `proxy` that cannot stand in for a layer's legs."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.compiler.verbs import statements_of
from alvh.compiler.vocabulary import PROXIES
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Related

RULE = Rule(
    code="ALV0607",
    name="proxy-unusable",
    family="risk",
    summary="A `proxy` that cannot stand in for a layer's legs.",
    why="A proxy is as many shares of a fund of VIX futures as move like the legs when the first VIX future moves. Only VIX options and VIX"
    " futures, bought on balance, have such a match.",
    example="hedge h {\n  layer a {\n    buy 1 VX future, month 1\n    proxy SPX shares when vix > 30\n    hold to expiry\n  }\n}\n",
    fix="hedge h {\n  layer a {\n    buy 1 VX future, month 1\n    proxy VXX shares when vix > 30\n    hold to expiry\n  }\n}\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for _, layer in subject.layers():
        legs = statements_of(layer.statements, syntax.Leg)
        for proxy in statements_of(layer.statements, syntax.Proxy):
            others = [leg for leg in legs if leg.product.name not in ("VIX", "VX", "VXM")]
            if proxy.product.name not in PROXIES or proxy.right != "shares":
                yield RULE.finding(proxy.product.span, "A proxy is shares of VXX or of UVXY.", "Write `proxy VXX shares when ...`.")
            elif others:
                message = f"VIX funds do not move like {others[0].product.name}, which `{layer.path}` trades."
                related = (Related(others[0].span, "this leg"),)
                yield RULE.finding(proxy.span, message, "A proxy stands in for VIX options and VIX futures.", related=related)
            elif legs and all(leg.side == "sell" for leg in legs):
                message = f"`{layer.path}` only sells, and bought shares cannot stand in for that."
                yield RULE.finding(proxy.span, message, "Take the line out.", related=(Related(legs[0].span, "what it sells"),))
