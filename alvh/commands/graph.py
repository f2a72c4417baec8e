"""`alvh graph`: what depends on what, drawn."""

from __future__ import annotations

import argparse
import sys

from alvh.compiler.draw_graph import draw_dot, draw_json, draw_mermaid
from alvh.compiler.graph import build_graph
from alvh.strategy import load

_DRAWINGS = {"mermaid": draw_mermaid, "dot": draw_dot, "json": draw_json}


def execute(arguments: argparse.Namespace) -> int:
    """Print the graph of a strategy in the language asked for."""
    graph = build_graph(load(arguments.file).dependencies)
    sys.stdout.write(_DRAWINGS[arguments.format](graph))
    return 0
