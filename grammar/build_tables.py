"""Turns `alvh.lark` into `tables.json`: Lark reads the grammar and works out the LALR(1) tables, this file writes them down.

Run `python -m alvh.grammar.build_tables` after a change of the grammar; a test fails while the two differ. `parse.py` needs
the tables alone, so a check neither imports Lark nor keeps a cache that could be stale, corrupt or unwritable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lark import Lark
from lark.grammar import Rule, Terminal
from lark.lexer import Lexer, Token
from lark.parsers.lalr_analysis import Shift

GRAMMAR = Path(__file__).with_name("alvh.lark")
TABLES = Path(__file__).with_name("tables.json")
STARTS = ("file", "lone_expression")


class _NoLexer(Lexer):
    """`tokens.py` cuts the text, so Lark builds no lexer."""

    def __init__(self, lexer_conf: Any) -> None:
        pass

    def lex(self, *_state: Any) -> Iterator[Token]:
        return iter(())


def read_grammar() -> Lark:
    """The grammar as Lark understands it; raises GrammarError when it is not LALR(1)."""
    return Lark(GRAMMAR.read_text("utf-8"), start=list(STARTS), parser="lalr", lexer=_NoLexer, strict=True, maybe_placeholders=True)


def _children(rule: Rule) -> tuple[int | None, ...]:
    """Which symbols of a rule its node is made of, as Lark filters them (`parse_tree_builder.maybe_create_child_filter`)."""
    gaps = [len(run) for run in "".join("01"[empty] for empty in rule.options.empty_indices).split("0")]
    gaps = gaps if rule.options.empty_indices else [0] * (len(rule.expansion) + 1)
    plan: list[int | None] = []
    for index, symbol in enumerate(rule.expansion):
        plan += [None] * gaps[index]
        if isinstance(symbol, Terminal):
            if rule.options.keep_all_tokens or not symbol.filter_out:
                plan.append(index)
        else:
            plan.append(-1 - index if symbol.name.startswith("_") else index)
    return (*plan, *[None] * gaps[-1])


def _name(rule: Rule, plan: tuple[int | None, ...]) -> str:
    if rule.origin.name.startswith("_"):
        return "_"
    if rule.options.expand1 and not rule.alias and len(plan) == 1:
        return ""
    return str(rule.alias or rule.origin.name)


def _words(lark: Lark) -> tuple[dict[str, str], dict[str, str]]:
    """The terminal of every keyword, and of every mark, by its text."""
    keywords: dict[str, str] = {}
    marks: dict[str, str] = {}
    for terminal in lark.terminals:
        if terminal.pattern is None:
            continue
        alternatives = re.fullmatch(r"\(\?:(.*)\)", terminal.pattern.to_regexp())
        for text in alternatives[1].split("|") if alternatives else [terminal.pattern.value]:
            (keywords if text[0].isalpha() else marks)[text] = terminal.name
    return dict(sorted(keywords.items())), dict(sorted(marks.items()))


def _rule_key(rule: Rule) -> tuple[str, list[str]]:
    return str(rule.origin.name), [str(symbol.name) for symbol in rule.expansion]


def _state_order(table: Any) -> list[Any]:
    """The states in the order a walk from the starts meets them: Lark's own order hangs on hashes and changes from run to run."""
    order = [table.start_states[start] for start in STARTS]
    seen = set(order)
    for state in order:
        for _symbol, (action, argument) in sorted(table.states[state].items(), key=lambda item: item[0]):
            if action is Shift and argument not in seen:
                seen.add(argument)
                order.append(argument)
    return order


def tables_text() -> str:
    """The text of `tables.json` for the grammar as it stands."""
    lark = read_grammar()
    keywords, marks = _words(lark)
    table = lark.parser.parser._parse_table
    order = _state_order(table)
    new_number = {state: index for index, state in enumerate(order)}
    rules = sorted(lark.rules, key=_rule_key)
    rule_number = {rule: index for index, rule in enumerate(rules)}
    lookaheads: dict[str, int] = {}
    states = []
    for actions in (table.states[state] for state in order):
        follows = {symbol: new_number[argument] for symbol, (action, argument) in sorted(actions.items()) if action is Shift}
        complete: dict[int, list[str]] = {}
        for symbol, (action, argument) in sorted(actions.items()):
            if action is not Shift:
                complete.setdefault(rule_number[argument], []).append(symbol)
        reductions = tuple((rule, lookaheads.setdefault(" ".join(words), len(lookaheads))) for rule, words in sorted(complete.items()))
        states.append((follows, reductions))
    plans = [_children(rule) for rule in rules]
    parts: dict[str, dict[str, Any] | list[Any]] = {
        "keywords": keywords,
        "marks": marks,
        "starts": {start: new_number[table.start_states[start]] for start in STARTS},
        "ends": {start: new_number[table.end_states[start]] for start in STARTS},
        "rules": [(_name(rule, plan), str(rule.origin.name), len(rule.expansion), plan) for rule, plan in zip(rules, plans, strict=True)],
        "lookaheads": list(lookaheads),
        "states": states,
    }
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {_lines(value)}" for name, value in parts.items()) + "\n}\n"


def _lines(value: dict[str, Any] | list[Any]) -> str:
    """JSON with one entry a line, so that a change of the grammar is a small change of the file."""
    if isinstance(value, dict):
        return "{\n" + ",\n".join(f"{json.dumps(key)}: {json.dumps(entry)}" for key, entry in value.items()) + "\n}"
    return "[\n" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in value) + "\n]"


if __name__ == "__main__":
    TABLES.write_text(tables_text(), "utf-8")
