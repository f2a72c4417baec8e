"""The meaning: names, kinds, dependency graph, checks, intermediate representation, tables."""
