"""The stream nodes of a program while it is lowered: each different stream once, with the stage it is known at.

Guarantees: a node's inputs have smaller numbers, except a `delay`'s; no node reads one of a later stage.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from alvh.compiler.ir import Node, NodeId, needed_by
from alvh.grammar.diagnostics import InternalError

_LABELLED_BY_NAME = frozenset({"series", "account", "parameter", "mark", "decided", "lot"})


@frozen
class _Waiting:
    """A delay whose stream was not lowered yet: `prev(x)` may stand in the stream that x reads."""

    node: NodeId
    lower: Callable[[], NodeId]


class StreamNodes:
    """Nodes so far. Equal operations on equal inputs are one node."""

    def __init__(self, stage_after: tuple[int, ...]) -> None:
        """`stage_after[i]`: the stage from which on the decisions of layer i are known."""
        self.nodes: list[Node] = []
        self._numbers: dict[tuple[object, ...], NodeId] = {}
        self._delays: dict[object, NodeId] = {}
        self._waiting: list[_Waiting] = []
        self._stage_after = stage_after

    def add(
        self,
        operation: str,
        *inputs: NodeId,
        value: float = 0.0,
        name: str = "",
        owner: int = -1,
        window: tuple[int, ...] = (),
        label: str = "",
    ) -> NodeId:
        """The node of this operation on these inputs, made if it is new. A label is given to a node that has none."""
        key = (operation, inputs, value, name, owner, window)
        number = self._numbers.get(key)
        if number is None:
            stage, per_lot = self._place(operation, inputs, owner)
            number = self._numbers[key] = self._append(Node(operation, inputs, value, name, owner, window, stage, per_lot, label))
        elif label and not self.nodes[number].label:
            self.nodes[number] = evolve(self.nodes[number], label=label)
        return number

    def constant(self, value: float) -> NodeId:
        return self.add("constant", value=value if value != 0 else 0.0)

    def delay_later(self, key: object, lower: Callable[[], NodeId], sessions: int, label: str) -> NodeId:
        """The delay of a stream that `lower` gives once everything else stands; one for each `key` and length."""
        number = self._delays.get((key, sessions))
        if number is None:
            number = self._delays[key, sessions] = self._append(Node("delay", window=(sessions,), label=label))
            self._waiting.append(_Waiting(number, lower))
        return number

    def label(self, node: NodeId, text: str) -> None:
        self.nodes[node] = evolve(self.nodes[node], label=text)

    def call(self, node: NodeId, name: str) -> None:
        """Let a journal call a computed stream by the name that the file gave it."""
        if self.nodes[node].operation not in _LABELLED_BY_NAME:
            self.nodes[node] = evolve(self.nodes[node], label=name)

    def complete_delays(self) -> None:
        """Give every waiting delay its stream, those included that appear on the way."""
        while self._waiting:
            waiting = self._waiting.pop(0)
            source = waiting.lower()
            if self.nodes[source].per_lot:
                raise InternalError("a delay outside a lot reads a lot")
            self.nodes[waiting.node] = evolve(self.nodes[waiting.node], inputs=(source,))

    def stage(self, node: NodeId) -> int:
        return self.nodes[node].stage

    def _append(self, node: Node) -> NodeId:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _place(self, operation: str, inputs: tuple[NodeId, ...], owner: int) -> tuple[int, bool]:
        """Stage, and whether each lot has its own."""
        if operation == "lot":
            return owner + 1, True
        if operation == "decided":
            return self._stage_after[owner], False
        per_lot = any(self.nodes[source].per_lot for source in inputs)
        stage = max((self.nodes[source].stage for source in inputs), default=0)
        if operation == "delay" and not per_lot:
            return 0, False
        lots = {self.nodes[source].stage for source in inputs if self.nodes[source].per_lot}
        if per_lot and lots != {stage}:
            raise InternalError(f"{operation} reads lots of stages {sorted(lots)} at stage {stage}")
        return stage, per_lot


def keep_reachable(nodes: list[Node], roots: list[NodeId]) -> tuple[tuple[Node, ...], dict[NodeId, NodeId]]:
    """The nodes that the roots need, in their order, and their new numbers by the old."""
    needed = needed_by(nodes, roots)
    renumbered = {number: index for index, number in enumerate(sorted(needed))}
    kept: list[Node] = []
    for number in sorted(needed):
        node = nodes[number]
        inputs = tuple(renumbered[source] for source in node.inputs)
        if node.operation == "delay" and not inputs:
            raise InternalError(f"node {number} delays nothing")
        if node.operation != "delay" and any(
            source >= renumbered[number] or nodes[old].stage > node.stage for source, old in zip(inputs, node.inputs, strict=True)
        ):
            raise InternalError(f"node {number} ({node.operation}) reads a later one")
        kept.append(node if inputs == node.inputs else evolve(node, inputs=inputs))
    return tuple(kept), renumbered
