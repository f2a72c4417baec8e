"""From a merged module to its meaning: shape, names, kinds."""

from __future__ import annotations

from alvh.compiler.check_statements import check_statements
from alvh.compiler.infer_kinds import infer_kinds
from alvh.compiler.meaning import Meaning
from alvh.compiler.module import Module
from alvh.compiler.resolve_names import resolve_names
from alvh.grammar.diagnostics import Diagnostic


def analyse(module: Module) -> tuple[Meaning, tuple[Diagnostic, ...]]:
    """What every name and value of a module is, and the findings of the names and units families, each once.

    A statement of a book stands in each of its layers, so the same finding may be made several times.
    """
    references, names = resolve_names(module)
    kinds, units = infer_kinds(module, references)
    findings = dict.fromkeys((*check_statements(module), *names, *units))
    return Meaning(module, kinds, references), tuple(findings)
