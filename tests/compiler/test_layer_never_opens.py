"""A layer is said never to open only where that is certain."""

from __future__ import annotations

import pytest

from alvh.compiler.driver import check_file

HEDGE = """\
trigger quiet = prev(near is closed)
let carried = far.profit
hedge h {{
  layer near {{
    buy 1 VIX call at 0.30 delta, 30 days
    open when {near}
  }}
  layer far {{
    buy 1 VIX call at 0.30 delta, 90 days
    {far}
  }}
}}
"""


def never_open(near: str, far: str) -> set[str]:
    found = check_file("text.alvh", text=HEDGE.format(near=near, far=far)).diagnostics
    assert {finding.code for finding in found if finding.severity.value == "error"} <= {"ALV0403"}
    return {finding.message.split("`")[1] for finding in found if finding.code == "ALV0403"}


@pytest.mark.parametrize(
    ("near", "far"),
    [
        ("far is open", ""),  # far opens whenever it holds nothing
        ("prev(far is open)", "open when near is closed"),
        ("far.profit >= $0", "open when prev(near is open)"),  # flat: 0 is enough
        ("far.profit < $100", "open when near.age > 3 sessions"),
        ("far.count = 0", "open when prev(near opens)"),
        ("quiet", "open when prev(near is open) begins"),
        ("not near is open", "open when near.dte < 10 days"),
        ("vix > 20 or prev(far is open)", "open when prev(near is open)"),
        ("prev(near is open) or vix > 20", ""),
        ("carried > $0", "open when vix > 20"),
        ("vix > 20\n    roll into far when dte <= 7 days", "open when far is open"),  # lots roll in
    ],
)
def test_layers_that_can_open(near: str, far: str) -> None:
    assert never_open(near, far) == set()


@pytest.mark.parametrize(
    ("near", "far", "expected"),
    [
        ("near is open", "", {"h.near"}),
        ("near.count > 0", "", {"h.near"}),
        ("prev(near is open) for 2 sessions", "", {"h.near"}),
        ("near.age > 5 sessions", "", {"h.near"}),
        ("not near is closed and vix > 20", "", {"h.near"}),
        ("not quiet", "", {"h.near"}),
        ("prev(far is open)", "open when prev(near is open)", {"h.near", "h.far"}),
        ("far.dte <= 10 days", "open when near.profit > $0", {"h.near", "h.far"}),
        ("far.value > 2% of far.notional", "at most 0 lots", {"h.near"}),
        ("far is open", "at most 0 lots", {"h.near"}),
        (
            "(prev(far is open)) begins",
            "open when near.option_delta > 0.2 delta",
            {"h.near", "h.far"},
        ),
        ("within 3 sessions after (prev(far opens))", "open when near.contracts in 1 contracts .. 5 contracts", {"h.near", "h.far"}),
    ],
)
def test_layers_that_cannot(near: str, far: str, expected: set[str]) -> None:
    assert never_open(near, far) == expected
