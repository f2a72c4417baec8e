"""How many sessions pass before every stream of a program can be known."""

from __future__ import annotations

from alvh.compiler.ir import Node


def own_warm_up(node: Node) -> int:
    """Sessions of its inputs that a node needs beside today's (docs/design/bar.md, "Streams")."""
    length = max(node.window, default=0)
    match node.operation:
        case "cross_above" | "cross_below":
            return 1
        case "sma" | "stdev" | "highest" | "lowest" | "zscore" | "percentile_rank" | "ema" | "macd_line" | "for_sessions":
            return length - 1
        case "delay" | "change" | "rsi" | "realized_vol" | "beta" | "corr" | "diverges" | "within_after":
            return length
        case _:
            return 0


def warm_up(nodes: tuple[Node, ...]) -> int:
    """The longest sum of needs on a way through the nodes."""
    return max(sessions_needed(nodes).values(), default=0)


def sessions_needed(nodes: tuple[Node, ...]) -> dict[int, int]:
    """Of each node the longest sum of needs on a way to it; a stream that reads its own past counts one turn."""
    needed: dict[int, int] = {}
    open_nodes: set[int] = set()
    for start in range(len(nodes)):
        waiting = [(start, False)]
        while waiting:
            number, inputs_done = waiting.pop()
            node = nodes[number]
            if inputs_done:
                needed[number] = own_warm_up(node) + max((needed.get(source, 0) for source in node.inputs), default=0)
                open_nodes.discard(number)
            elif number not in needed and number not in open_nodes:
                open_nodes.add(number)
                waiting.append((number, True))
                waiting.extend((source, False) for source in node.inputs)
    return needed
