"""The text: source files, diagnostics, grammar, syntax tree, parser."""
