"""A program with other constants and params, as a cell of a grid has it."""

from __future__ import annotations

import numpy as np
from attrs import evolve

from alvh.compiler.ir import Program


def with_numbers(program: Program, numbers: np.ndarray) -> Program:
    """The program with other constants and params, in the order of its streams: written apart from the engine's way."""
    left = iter(numbers.tolist())
    nodes, params = [], {}
    for node in program.nodes:
        if node.operation in ("constant", "parameter"):
            value = next(left)
            params[node.name] = value
            node = evolve(node, value=value)
        nodes.append(node)
    return evolve(
        program,
        nodes=tuple(nodes),
        parameters=tuple(evolve(entry, value=params.get(entry.name, entry.value)) for entry in program.parameters),
    )
