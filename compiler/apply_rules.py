"""Runs the rules on graph, time and risk over a module."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from alvh.compiler.dependencies import Dependencies
from alvh.compiler.order import find_cycles
from alvh.compiler.rules import (
    add_unusable,
    book_without_lots,
    change_of_contract,
    dependency_cycle,
    event_for_sessions,
    future_read,
    keep_unusable,
    knot_too_large,
    layer_never_opens,
    level_for_event,
    macro_lag_missing,
    never_known,
    nothing_to_run,
    number_unusable,
    opens_while_unwinding,
    own_decision_unread,
    proxy_unusable,
    roll_into_wrong_layer,
    roll_unusable,
    shift_unusable,
    size_without_premium,
    too_many_legs,
    uncovered_short,
    unknown_scenario,
    window_too_long,
    window_unusable,
    write_without_cover,
)
from alvh.compiler.subject import Subject
from alvh.grammar.diagnostics import Diagnostic

ALWAYS = (
    knot_too_large,
    book_without_lots,
    dependency_cycle,
    roll_into_wrong_layer,
    own_decision_unread,
    future_read,
    macro_lag_missing,
    window_unusable,
    window_too_long,
    change_of_contract,
    event_for_sessions,
    uncovered_short,
    too_many_legs,
    number_unusable,
    add_unusable,
    write_without_cover,
    roll_unusable,
    proxy_unusable,
    keep_unusable,
    shift_unusable,
    size_without_premium,
    level_for_event,
    nothing_to_run,
    unknown_scenario,
)
WITHOUT_CYCLES = (layer_never_opens, never_known, opens_while_unwinding)
"""Rules that follow the order of decisions, and so need one."""


def rules_for(dependencies: Dependencies) -> tuple[Callable[[Subject], Iterable[Diagnostic]], ...]:
    """The rules that can be asked of a module with these dependencies."""
    return tuple(rule.find for rule in (ALWAYS if find_cycles(dependencies) else ALWAYS + WITHOUT_CYCLES))


def apply_rules(subject: Subject) -> tuple[Diagnostic, ...]:
    """The findings of every rule, rule by rule."""
    return tuple(finding for find in rules_for(subject.dependencies) for finding in find(subject))
