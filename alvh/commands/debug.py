"""`alvh debug`: a stage of the compiler, printed. What a stage needs is imported where it is printed."""

from __future__ import annotations

import argparse
import sys

from alvh.grammar.diagnostics import Diagnostic
from alvh.strategy import StrategyError, load


def execute(arguments: argparse.Namespace) -> int:
    """Print the stage asked for; a file that does not get as far shows its findings instead."""
    print_stage = {"ast": _syntax_tree, "graph": _graph, "ir": _representation, "kernel": _kernel}[arguments.stage]
    sys.stdout.write(print_stage(arguments.file))
    return 0


def _syntax_tree(path: str) -> str:
    """The tree of the one file, as it stands."""
    from alvh.compiler.print_syntax import print_syntax
    from alvh.grammar.parse import parse
    from alvh.grammar.read_source import read_source

    source = read_source(path)
    if isinstance(source, Diagnostic):
        raise StrategyError((source,))
    result = parse(source)
    if result.diagnostics:
        raise StrategyError(result.diagnostics)
    return print_syntax(result.file)


def _graph(path: str) -> str:
    """Every name in the canonical order, with how many layers decide before it and what it reads."""
    from alvh.compiler.order import canonical_order, levels

    dependencies = load(path).dependencies
    level = levels(dependencies)
    lines = []
    for name in canonical_order(dependencies):
        reads = sorted({edge.source if edge.orders else f"({edge.source})" for edge in dependencies.edges if edge.target == name})
        lines.append(f"{level[name]}  {dependencies.vertex(name).sort:<9}{name}{' <- ' + ', '.join(reads) if reads else ''}")
    return "\n".join(lines) + "\n"


def _representation(path: str) -> str:
    from alvh.compiler.print_ir import print_ir

    return print_ir(load(path).program)


def _kernel(path: str) -> str:
    """The text of the function that the engine calls for this strategy, for one path at a time."""
    from alvh.compiler.emit_kernel import emit_kernel
    from alvh.compiler.emit_tables import emit_tables
    from alvh.runtime.market import MARKET_SERIES

    program = load(path).program
    return emit_kernel(program, emit_tables(program), (*MARKET_SERIES, *program.inputs), lanes=1)
