"""Programs made from a program: without some layers, always on, and with its book sized by an equity that the market supplies.

A twin has every layer, rule and group of the original, so that records of both can be laid side by side.
"""

from __future__ import annotations

from collections.abc import Collection

from attrs import evolve

from alvh.compiler.ir import Group, Layer, Node, NodeId, Program, Rule, needed_by
from alvh.compiler.stream_readers import group_roots, layer_roots, renumber_group, renumber_layer

SIZING_EQUITY = "sizing equity"
"""The series that a book sized by another run reads as `equity`; no name of a file has a blank in it."""


def hedge_layers(program: Program) -> tuple[int, ...]:
    return tuple(index for index, layer in enumerate(program.layers) if program.groups[layer.group].kind == "hedge")


def book_layers(program: Program) -> tuple[int, ...]:
    return tuple(index for index, layer in enumerate(program.layers) if program.groups[layer.group].kind == "book")


def rolls_into(program: Program, silent: Collection[int]) -> tuple[str, ...]:
    """Layers that trade and roll into one of `silent`: without it they are another strategy."""
    return tuple(
        layer.name for index, layer in enumerate(program.layers) if index not in silent and any(rule.into in silent for rule in layer.rolls)
    )


def without_layers(program: Program, silent: Collection[int]) -> Program:
    """The program whose layers `silent` never open a lot, by whatever verb."""
    if not silent:
        return program
    never = len(program.nodes)

    def silenced(layer: Layer) -> Layer:
        return evolve(layer, opens=(Rule("open", never, "", layer.span),), adds=())

    def keeping(group: Group) -> Group:
        kept = (evolve(keep, layers=tuple(layer for layer in keep.layers if layer not in silent)) for keep in group.keeps)
        return evolve(group, keeps=tuple(keep for keep in kept if keep.layers))

    layers = tuple(silenced(layer) if index in silent else layer for index, layer in enumerate(program.layers))
    groups = tuple(keeping(group) for group in program.groups)
    return evolve(program, nodes=(*program.nodes, Node("constant", value=0.0)), layers=layers, groups=groups)


def without_hedges(program: Program) -> Program:
    """The same book, unhedged."""
    return without_layers(program, hedge_layers(program))


def always_on(program: Program) -> Program:
    """The program whose hedges wait for nothing: no condition opens them, none closes or unwinds them."""
    layers = tuple(evolve(layer, opens=(), closes=()) if program.groups[layer.group].kind == "hedge" else layer for layer in program.layers)
    groups = tuple(evolve(group, unwinds=()) if group.kind == "hedge" else group for group in program.groups)
    return evolve(program, layers=layers, groups=groups)


def sized_by_series(program: Program) -> Program:
    """The program in which all that a book reads as `equity` is the series SIZING_EQUITY. The hedges read the account's own."""
    books = {index for index, group in enumerate(program.groups) if group.kind == "book"}
    roots = [root for layer in program.layers if layer.group in books for root in layer_roots(layer)]
    roots += [root for index in books for root in group_roots(program.groups[index])]
    affected = sorted(needed_by(program.nodes, roots) & _readers_of_equity(program))
    if not affected:
        return program
    numbers: dict[NodeId, NodeId] = {number: number for number in range(-1, len(program.nodes))}
    numbers |= {number: len(program.nodes) + place for place, number in enumerate(affected)}
    copies = tuple(_copy(program.nodes[number], numbers) for number in affected)
    return evolve(
        program,
        nodes=(*program.nodes, *copies),
        layers=tuple(renumber_layer(layer, numbers) if layer.group in books else layer for layer in program.layers),
        groups=tuple(renumber_group(group, numbers) if index in books else group for index, group in enumerate(program.groups)),
        inputs=tuple(sorted({*program.inputs, SIZING_EQUITY})),
    )


def _copy(node: Node, numbers: dict[NodeId, NodeId]) -> Node:
    if _is_equity(node):
        return evolve(node, operation="series", name=SIZING_EQUITY, label="equity of the unhedged run")
    return evolve(node, inputs=tuple(numbers[source] for source in node.inputs))


def _is_equity(node: Node) -> bool:
    return node.operation == "account" and node.name == "equity"


def _readers_of_equity(program: Program) -> set[NodeId]:
    """`equity` and whatever is computed from it; a delay may read a later node, hence the repetition."""
    readers = {number for number, node in enumerate(program.nodes) if _is_equity(node)}
    while True:
        more = {
            number
            for number, node in enumerate(program.nodes)
            if number not in readers and any(source in readers for source in node.inputs)
        }
        if not more:
            return readers
        readers |= more
