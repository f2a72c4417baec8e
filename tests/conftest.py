"""The profiles of Hypothesis, and what the suite says at its end: how often each verb ran where both engines were compared."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import settings

settings.register_profile("suite", derandomize=True, deadline=None, database=None)
settings.register_profile("fuzz", derandomize=False, deadline=None, print_blob=True)
settings.load_profile("suite")

COUNTED = "verbs"
"""Name of the property under which a test reports `{what: count}` of its runs."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, value in getattr(report, "user_properties", []):
            if name == COUNTED:
                counts.update(value)
    if counts:
        terminalreporter.section("both engines, bit for bit")
        for what, count in counts.items():
            terminalreporter.write_line(f"{what:24}{count:>10,}")
