"""Structures: what stands for a parameter, where a finding inside one points, and what files may do with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from checking import merge_text, names_of
from lowered import compile_text, lower, spell

CONDOR = """\
structure condor(short_delta : delta, away : points) {
  expiry 45..60 days
  short_put : sell SPX put at short_delta
  long_put  : buy  SPX put away below short_put
}
"""


def test_each_use_has_its_own_arguments_and_the_structures_expiry() -> None:
    program = lower(
        CONDOR
        + "book b {\n  layer x { legs condor(0.10 delta, 50 points) }\n  layer y { legs condor(0.20 delta, 25 points) expiry 5 days }\n}"
    )
    strikes = {layer.name: [leg.strike and spell(program, leg.strike.value) for leg in layer.legs] for layer in program.layers}
    assert strikes == {"b.x": ["0.1", "50"], "b.y": ["0.2", "25"]}
    assert {(leg.expiry.low, leg.expiry.high) for layer in program.layers for leg in layer.legs if leg.expiry} == {(45.0, 60.0)}


def test_a_structure_without_an_expiry_takes_the_layers() -> None:
    program = lower("structure s { buy VIX call at 0.30 delta }\nhedge h { layer a { legs s  expiry 90 days } }")
    expiry = program.layers[0].legs[0].expiry
    assert expiry is not None
    assert expiry.low == 90.0


def test_arguments_are_replaced_all_at_once() -> None:
    """A name given for a parameter means what it means where it is given, though another parameter is called the same."""
    text = """\
let away = 75 points
structure spread(near : points, away : points) {
  expiry 45 days
  a : buy SPX put at 0.30 delta
  b : buy SPX put near below a
  c : buy SPX put away below a
}
book b { legs spread(away, 10 points) }
"""
    program = lower(text)
    assert [leg.strike and spell(program, leg.strike.value) for leg in program.layers[0].legs] == ["0.3", "75", "10"]


def test_a_structure_may_be_made_of_others() -> None:
    text = """\
structure leg(away : delta) { buy VIX call at away, 30 days }
structure pair(near : delta, far : delta) {
  legs leg(near)
  legs leg(far)
}
hedge h { layer a { legs pair(0.30 delta, 0.10 delta) } }
"""
    program = lower(text)
    assert [leg.strike and spell(program, leg.strike.value) for leg in program.layers[0].legs] == ["0.3", "0.1"]


def test_nesting_has_an_end() -> None:
    chain = "".join(f"structure s{index} {{ legs s{index + 1} }}\n" for index in range(40))
    text = chain + "structure s40 { buy VIX call at 0.30 delta, 30 days }\nhedge h { layer a { legs s0 } }"
    assert names_of(compile_text(text).diagnostics) == ["recursive-structure"]


def test_doubling_structures_do_not_grow_without_bound() -> None:
    chain = "".join(f"structure s{index} {{ legs s{index + 1}  legs s{index + 1} }}\n" for index in range(14))
    text = chain + "structure s14 { buy VIX call at 0.30 delta, 30 days }\nhedge h { layer a { legs s0 } }"
    assert names_of(compile_text(text).diagnostics) == ["too-many-legs"]


def test_legs_of_a_change_replace_a_structures(tmp_path: Path) -> None:
    used = CONDOR + "book b { legs condor(0.10 delta, 50 points) }"
    module, findings = merge_text(tmp_path, 'use "used.alvh"\nchange b { sell SPX put at 0.30 delta, 30 days }\ndrop condor', used=used)
    assert findings == ()
    assert len(module.groups[0].layers[0].statements) == 1
    assert module.uses == ()


def test_a_dropped_structure_is_still_needed(tmp_path: Path) -> None:
    used = CONDOR + "book b { legs condor(0.10 delta, 50 points) }"
    _, findings = merge_text(tmp_path, 'use "used.alvh"\ndrop condor', used=used)
    assert names_of(findings) == ["still-needed"]


@pytest.mark.parametrize("line", ["change condor = 3", "change condor { open every week }"])
def test_a_structure_is_not_changed(line: str, tmp_path: Path) -> None:
    _, findings = merge_text(tmp_path, f'use "used.alvh"\n{line}', used=CONDOR)
    assert names_of(findings) == ["unknown-target"]


def test_a_finding_inside_shows_who_uses_it() -> None:
    text = "structure s { buy VIX call at 16 delta, 30 days }\nhedge h { layer a { legs s } }"
    (finding,) = compile_text(text).diagnostics
    assert finding.span.text == "16 delta"
    assert [related.span.text for related in finding.related] == ["legs s"]
