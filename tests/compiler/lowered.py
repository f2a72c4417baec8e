"""What the tests of lowering share: a text compiled without findings that matter, and its streams by label."""

from __future__ import annotations

from alvh.compiler.driver import Compiled, compile_file
from alvh.compiler.ir import Node, NodeId, Program

PUTS = "book puts {{\n  buy SPX put at 0.16 delta, 45 days\n  open when {condition}\n}}\n"


def compile_text(text: str) -> Compiled:
    return compile_file("text.alvh", text=text)


def lower(text: str) -> Program:
    """The program of a text that has no error."""
    compiled = compile_text(text)
    assert compiled.program is not None, [finding.message for finding in compiled.diagnostics]
    return compiled.program


def lower_condition(condition: str, before: str = "") -> tuple[Program, NodeId]:
    """A program that opens when `condition`, and the condition's node; `before` declares what it reads."""
    program = lower(before + "\n" + PUTS.format(condition=condition))
    return program, program.layers[0].opens[0].condition


def spell(program: Program, number: NodeId) -> str:
    """A stream written out as nested operations: `gt(rsi[14](vix), 50)`; a delay that closes a loop is `delay[1](...)`."""
    return _spell(program, number, ())


def _spell(program: Program, number: NodeId, above: tuple[NodeId, ...]) -> str:
    node = program.nodes[number]
    if number in above:
        return "..."
    match node.operation:
        case "constant":
            return f"{node.value:g}"
        case "series" | "account" | "parameter":
            return node.name
        case "mark" | "decided" | "lot":
            return f"{node.operation} {program.layers[node.owner].name}.{node.name}"
        case _:
            window = f"[{','.join(str(length) for length in node.window)}]" if node.window else ""
            name = f" {node.name}" if node.name else ""
            inputs = ", ".join(_spell(program, source, (*above, number)) for source in node.inputs)
            return f"{node.operation}{window}{name}" + (f"({inputs})" if inputs else "")


def node_of(program: Program, label: str) -> Node:
    return next(node for node in program.nodes if node.label == label)
