"""The parse tables of `alvh.lark`, as `build_tables.py` wrote them into `tables.json`."""

from __future__ import annotations

import json
from pathlib import Path

_TABLES = json.loads(Path(__file__).with_name("tables.json").read_text("utf-8"))

KEYWORDS: dict[str, str] = _TABLES["keywords"]
"""The terminal of each word of the language: `call` and `calls` are one."""

MARKS: dict[str, str] = _TABLES["marks"]
"""The terminal of each sign."""

STARTS: dict[str, int] = _TABLES["starts"]
"""The state in which each of the grammar's starting rules begins."""

ENDS: dict[str, int] = _TABLES["ends"]
"""The state in which it is complete."""

RULES: list[tuple[str, str, int, list[int | None]]] = _TABLES["rules"]
"""What a rule is called (the function of `build_tree.py`; "" passes its child through, "_" makes a list for its parent to take
apart), the symbol it makes, how many symbols it takes, and which of them are its children (None: an optional part that was left
out; a negative number, -1 - i: the items of list i)."""


def _actions() -> list[dict[str, int]]:
    lookaheads = [words.split(" ") for words in _TABLES["lookaheads"]]
    actions = []
    for follows, complete in _TABLES["states"]:
        for rule, words in complete:
            follows.update(dict.fromkeys(lookaheads[words], -1 - rule))
        actions.append(follows)
    return actions


ACTIONS: list[dict[str, int]] = _actions()
"""By state, what a symbol does: a state to go to, or -1 - r to complete rule r first."""
