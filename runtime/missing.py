"""Why a stream is unknown on a bar: which value is missing beneath it, or that it is still warming up."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np
from attrs import frozen

from alvh.compiler.ir import Node, NodeId, Program
from alvh.compiler.warm_up import sessions_needed
from alvh.runtime.journal import calendar_date
from alvh.runtime.market import MarketArrays


@frozen
class Missing:
    """Explains the streams of one bar, or those of one lot on it."""

    program: Program
    arrays: MarketArrays
    bar: int
    values: Sequence[float]
    """By node."""
    empty: Collection[int]
    """Layers that held no lot at the start of decisions."""
    age: int = 0
    """Bars since the lot was opened, for streams of its own."""

    def why(self, number: NodeId) -> str:
        """`ad_line missing`, `warming up`; several causes joined by commas, and "" for a stream that is known."""
        causes: dict[str, None] = {}
        seen: set[NodeId] = set()
        waiting = [number]
        while waiting:
            current = waiting.pop(0)
            if current in seen or not math.isnan(self.values[current]):
                continue
            seen.add(current)
            node = self.program.nodes[current]
            unknown = [source for source in node.inputs if math.isnan(self.values[source])]
            if node.inputs and unknown and node.operation != "delay":
                waiting.extend(unknown)
            else:
                causes[self._cause(current, node)] = None
        return ", ".join(causes)

    def _cause(self, number: NodeId, node: Node) -> str:
        name = node.label or node.name or node.operation
        match node.operation:
            case "series":
                return f"{name} missing"
            case "mark" | "decided" if node.owner in self.empty:
                return f"{self.program.layers[node.owner].name} holds no lot"
            case "div":
                return f"{name} divides by zero"
            case "ln":
                return f"{name} is the logarithm of no positive number"
        if not node.inputs:
            return f"{name} cannot be told today"
        needed, lived = sessions_needed(self.program.nodes)[number], self._lived(node)
        if lived < needed:
            return f"warming up, {needed - lived} more session{'' if needed - lived == 1 else 's'}"
        return self._missing_before(number, needed) or f"{name} cannot be told today"

    def _lived(self, node: Node) -> int:
        """Bars on which a stream was evaluated before this one."""
        if node.per_lot:
            return self.age - 1
        return self.bar if node.stage == 0 else self.bar - self.arrays.first

    def _missing_before(self, number: NodeId, sessions: int) -> str:
        """The last hole in a series beneath a stream, so many sessions back at most."""
        beneath: set[NodeId] = set()
        waiting = [number]
        while waiting:
            current = waiting.pop()
            if current not in beneath:
                beneath.add(current)
                waiting.extend(self.program.nodes[current].inputs)
        for name in sorted({self.program.nodes[node].name for node in beneath if self.program.nodes[node].operation == "series"}):
            if name in self.arrays.series:
                column = self.arrays.values[max(self.bar - sessions, 0) : self.bar + 1, self.arrays.series.index(name), 0]
                holes = np.flatnonzero(np.isnan(column))
                if holes.size:
                    hole = max(self.bar - sessions, 0) + int(holes[-1])
                    return f"{name} missing on {calendar_date(self.arrays.sessions[hole])}"
        return ""
