"""The pages of the rules, made of the rules' own texts: `python -m alvh.compiler.rule_pages docs/rules` writes them."""

from __future__ import annotations

import os
import sys

from alvh.compiler.registry import all_rules
from alvh.grammar.syntax_rules import SYNTAX_RULES

INDEX = "README.md"


def rule_pages() -> dict[str, str]:
    """Each page's text by its file name: one a rule, and a list of all."""
    pages: dict[str, str] = {}
    rows: list[str] = []
    for code, syntax_rule in sorted(SYNTAX_RULES.items()):
        pages[f"{syntax_rule.name}.md"] = _page(
            code, syntax_rule.name, "syntax", "error", None, syntax_rule.why, syntax_rule.wrong, syntax_rule.right
        )
        rows.append(_row(code, syntax_rule.name, "syntax", "error"))
    for rule in all_rules():
        severity = rule.severity.value
        pages[f"{rule.name}.md"] = _page(rule.code, rule.name, rule.family, severity, rule.summary, rule.why, rule.example, rule.fix)
        rows.append(_row(rule.code, rule.name, rule.family, severity))
    pages[INDEX] = "\n".join(
        [
            "# The findings of `alvh check`",
            "",
            "Made from the rules themselves by `python -m alvh.compiler.rule_pages docs/rules`.",
            "",
            "| code | name | family | severity |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )
    return pages


def write_pages(folder: str) -> None:
    """Writes every page into `folder` and removes pages of rules that are gone."""
    os.makedirs(folder, exist_ok=True)
    pages = rule_pages()
    for name in sorted(os.listdir(folder)):
        if name.endswith(".md") and name not in pages:
            os.remove(os.path.join(folder, name))
    for name, text in pages.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


def _row(code: str, name: str, family: str, severity: str) -> str:
    return f"| {code} | [{name}]({name}.md) | {family} | {severity} |"


def _page(code: str, name: str, family: str, severity: str, summary: str | None, why: str, example: str, fix: str) -> str:
    lines = [f"# {name}", "", f"`{code}`, {family}, {severity}", ""]
    if summary is not None:
        lines += [summary, ""]
    lines += [why, "", "Found in", "", "```alvh", example.rstrip("\n"), "```", "", "Put right", "", "```alvh", fix.rstrip("\n"), "```", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    write_pages(sys.argv[1])
