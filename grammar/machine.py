"""The LALR machine: what the tables of `alvh.lark` accept after what was read, and the step that takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from alvh.grammar import tables
from alvh.grammar.build_tree import TreeBuilder
from alvh.grammar.source import Source, Span
from alvh.grammar.syntax import Expression
from alvh.grammar.tokens import END, Token

DEEPEST = 64
"""Levels of a tree: later stages walk trees by recursion, which this keeps far from Python's limit."""

_LONGEST_STACK = 10 * DEEPEST


class TooDeepError(Exception):
    """The tree would pass `DEEPEST` levels; caught by the parser, never seen outside."""


class Memory(NamedTuple):
    """The stacks of a machine at one time; `lengths` are those of its lists, which grow in place, `findings` how many there were."""

    states: list[int]
    values: list[Any]
    extents: list[tuple[int, int]]
    heights: list[int]
    lengths: tuple[int, ...]
    findings: int


class Machine:
    """The stacks of one parse. `values` holds the children read so far, `extents` where each stands, `heights` how deep it is."""

    def __init__(self, source: Source, start: str) -> None:
        self.source = source
        self.builder = TreeBuilder(source)
        self.makers: list[Callable[..., Any] | None] = [
            getattr(self.builder, name) if name not in {"", "_"} else None for name, *_ in tables.RULES
        ]
        self.end_state = tables.ENDS[start]
        self.states = [tables.STARTS[start]]
        self.values: list[Any] = []
        self.extents: list[tuple[int, int]] = []
        self.heights: list[int] = []

    def accepts(self, kind: str, after: Sequence[int] | None = None) -> bool:
        """Would a token of this kind be taken? Exact, since it plays the completions that come before the taking."""
        return self.follow(kind, after) is not None

    def follow(self, kind: str, after: Sequence[int] | None = None) -> list[int] | None:
        """The stack of states after a token of this kind, or None when it does not fit."""
        stack = list(self.states if after is None else after)
        while True:
            action = tables.ACTIONS[stack[-1]].get(kind)
            if action is None:
                return None
            if action >= 0:
                stack.append(action)
                return stack
            _name, symbol, length, _plan = tables.RULES[-1 - action]
            if length:
                del stack[-length:]
            stack.append(tables.ACTIONS[stack[-1]][symbol])
            if stack[-1] == self.end_state:
                return stack

    def expected(self) -> set[str]:
        """The kinds of token that fit now."""
        return {kind for kind in tables.ACTIONS[self.states[-1]] if (kind.isupper() or kind == END) and self.accepts(kind)}

    def take(self, token: Token) -> None:
        """Takes a token that fits, and completes what it completes. Raises TooDeepError."""
        while True:
            action = tables.ACTIONS[self.states[-1]][token.kind]
            if action >= 0:
                if len(self.states) > _LONGEST_STACK:
                    raise TooDeepError
                self.states.append(action)
                self.values.append(token)
                self.extents.append((token.start, token.end))
                self.heights.append(0)
                return
            self._complete(-1 - action, token)
            if self.states[-1] == self.end_state:
                return

    def _complete(self, number: int, following: Token) -> None:
        name, symbol, length, plan = tables.RULES[number]
        if length:
            children = self.values[-length:]
            extent = self.extents[-length][0], self.extents[-1][1]
            height = max(self.heights[-length:])
        else:
            children = []
            extent = following.start, following.start
            height = 0
        if name == "":
            value = children[plan[0]]  # type: ignore[index]
        else:
            arguments = _arguments(children, plan)
            maker = self.makers[number]
            if maker is None:
                value = arguments
            else:
                value = maker(Span(self.source, *extent), *arguments)
                height = height + 1 if isinstance(value, Expression) else 0
                if height > DEEPEST:
                    raise TooDeepError
        if length:
            del self.states[-length:], self.values[-length:], self.extents[-length:], self.heights[-length:]
        self.states.append(tables.ACTIONS[self.states[-1]][symbol])
        self.values.append(value)
        self.extents.append(extent)
        self.heights.append(height)

    def remember(self) -> Memory:
        """What was read so far, to come back to."""
        lengths = tuple(len(value) if isinstance(value, list) else 0 for value in self.values)
        return Memory(list(self.states), list(self.values), list(self.extents), list(self.heights), lengths, len(self.builder.findings))

    def restore(self, memory: Memory) -> None:
        self.states, self.values, self.extents, self.heights = memory[:4]
        del self.builder.findings[memory.findings :]
        for value, length in zip(self.values, memory.lengths, strict=True):
            if isinstance(value, list):
                del value[length:]

    def unfinished(self) -> int:
        """How many things were read since the last whole item of a list, or the brace that opens it."""
        for count, value in enumerate(reversed(self.values)):
            if isinstance(value, list) or (isinstance(value, Token) and value.kind == "LBRACE"):
                return count
        return len(self.values)

    def forget(self, count: int) -> list[Any]:
        """Drops the last `count` things read and returns them."""
        if not count:
            return []
        dropped = self.values[-count:]
        del self.states[-count:], self.values[-count:], self.extents[-count:], self.heights[-count:]
        return dropped


def _arguments(children: list[Any], plan: list[int | None]) -> list[Any]:
    if plan and plan[0] == -1:
        arguments: list[Any] = children[0]  # a repetition grows in place: copying it for each item would take quadratic time
        plan = plan[1:]
    else:
        arguments = []
    for place in plan:
        if place is None:
            arguments.append(None)
        elif place >= 0:
            arguments.append(children[place])
        else:
            arguments += children[-1 - place]
    return arguments
