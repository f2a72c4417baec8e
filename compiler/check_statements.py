"""What a layer and a leg must say, and what may be said once: the shape of a strategy, before its values are looked at."""

from __future__ import annotations

from alvh.compiler.module import GroupDeclaration, LayerDeclaration, Module
from alvh.compiler.rules.incomplete_leg import (
    circular_strikes,
    leg_without_expiry,
    same_expiry_as_none,
    same_expiry_as_other,
)
from alvh.compiler.rules.layer_without_legs import layer_without_legs
from alvh.compiler.rules.repeated_statement import repeated_statement
from alvh.compiler.rules.statement_in_wrong_block import share_without_budget
from alvh.compiler.verbs import ALTERNATIVES, only, statements_of, verb_of
from alvh.compiler.vocabulary import PRODUCTS
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span


def check_statements(module: Module) -> tuple[Diagnostic, ...]:
    """Findings about statements that are missing, incomplete or said twice."""
    findings: list[Diagnostic] = []
    for group in module.groups:
        findings += _repeated(group.statements)
        is_empty = not group.layers and (group.kind == "hedge" or not group.statements)
        if is_empty and not module.incomplete:
            findings.append(layer_without_legs(group.span, group.name))
        for layer in group.layers:
            findings += _repeated(layer.statements)
            findings += _check_layer(layer, group, module.incomplete)
    return tuple(findings)


def _repeated(statements: tuple[syntax.Statement, ...]) -> list[Diagnostic]:
    first: dict[str, Span] = {}
    findings: list[Diagnostic] = []
    for statement in statements:
        verb = verb_of(statement)
        if verb in ALTERNATIVES:
            continue
        if verb in first:
            findings.append(repeated_statement(statement.span, verb, first[verb]))
        else:
            first[verb] = statement.span
    return findings


def _check_layer(layer: LayerDeclaration, group: GroupDeclaration, incomplete: bool) -> list[Diagnostic]:
    findings: list[Diagnostic] = []
    legs = statements_of(layer.statements, syntax.Leg)
    rule = only(layer.statements, syntax.ExpiryRule)
    holds_index = bool(statements_of(group.statements, syntax.HoldIndex))
    if not legs and not incomplete and not (layer.path == group.name and holds_index):
        findings.append(layer_without_legs(layer.span, layer.path))
    if rule is not None and rule.expiry.manner == "same expiry":
        findings.append(same_expiry_as_none(rule.span))
    for index, leg in enumerate(legs):
        findings += _check_leg(leg, index, legs, rule, incomplete)
    findings += _circular_strikes(legs)
    if not statements_of(group.statements, syntax.Budget) and not incomplete:
        findings += (share_without_budget(share.span, group.name) for share in statements_of(layer.statements, syntax.ShareOfBudget))
    return findings


def _check_leg(
    leg: syntax.Leg, index: int, legs: tuple[syntax.Leg, ...], rule: syntax.ExpiryRule | None, incomplete: bool
) -> list[Diagnostic]:
    product = PRODUCTS.get(leg.product.name)
    if product is None or leg.right not in product.rights:
        return []
    findings: list[Diagnostic] = []
    if leg.right != "shares" and leg.expiry is None and rule is None and not incomplete:
        findings.append(leg_without_expiry(leg.span))
    if leg.expiry is not None and leg.expiry.manner == "same expiry":
        before = legs[index - 1] if index else None
        if before is None or before.right == "shares":
            findings.append(same_expiry_as_none(leg.expiry.span))
        elif before.product.name in PRODUCTS and PRODUCTS[before.product.name].expires_with != product.expires_with:
            findings.append(same_expiry_as_other(leg.expiry.span, leg.product.name, before.product.name))
    return findings


def _circular_strikes(legs: tuple[syntax.Leg, ...]) -> list[Diagnostic]:
    """Legs whose strikes are measured from one another, so that none can be found first."""
    measured_from = {
        leg.label.name: leg.strike.reference
        for leg in legs
        if leg.label is not None and leg.strike is not None and leg.strike.reference is not None
    }
    settled: set[str] = set()
    findings: list[Diagnostic] = []
    for start in measured_from:
        way: list[str] = []
        current = start
        while current in measured_from and current not in settled and current not in way:
            way.append(current)
            current = measured_from[current].name
        if current in way and current not in settled and len(way) > 1:
            findings.append(circular_strikes(measured_from[current].span, current))
        settled.update(way)
    return findings
