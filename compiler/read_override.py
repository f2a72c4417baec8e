"""A value from the command line as the declaration that a file would say it with: `costs none`, `change call_delta = 0.20 delta`."""

from __future__ import annotations

from alvh.compiler.rules.unknown_choice import unknown_choice
from alvh.compiler.rules.unknown_override import unreadable_override
from alvh.compiler.vocabulary import SETTINGS
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Source, Span

OVERRIDES = "--set"
"""The name of the source that holds values from the command line."""


def read_override(name: str, value: str) -> syntax.Setting | syntax.ChangeValue | Diagnostic:
    """The one declaration that `value` makes of a setting, or else of a param, let or trigger; a finding where it makes none."""
    from alvh.grammar.parse import parse

    is_setting = name in SETTINGS
    source = Source(OVERRIDES, f"{name} {value}" if is_setting else f"change {name} = {value}")
    result = parse(source)
    match result.file.declarations:
        case (syntax.Setting() | syntax.ChangeValue() as declaration,) if not result.diagnostics:
            if isinstance(declaration, syntax.Setting) is is_setting:
                return declaration
    span = Span(source, 0, len(source.text))
    is_choice = is_setting and SETTINGS[name].choices
    return unknown_choice(span, name, value) if is_choice else unreadable_override(span, name, value)
