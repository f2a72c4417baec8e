"""Merging: what `use` brings in, what `change` and `drop` do to it, and what is refused."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from checking import CONDOR, merge_text, names_of, read

from alvh.compiler.merge_files import MOST_FILES, merge
from alvh.compiler.module import LayerDeclaration, Module
from alvh.compiler.verbs import verb_of

LAYERED = """\
hedge h {
  roll when dte <= 30 days
  size 1 contract
  unit 1 per $1_000_000 of capital
  unwind when vix > 60
  layer near { buy VIX calls at 0.40 delta, 30 days  roll when dte <= 7 days  roll when vix > 40 }
  layer far  { buy VIX calls at 0.20 delta, 90 days }
}
"""


def merged(folder: Path, text: str, **files: str) -> Module:
    """The module of a text without findings."""
    module, findings = merge_text(folder, text, **files)
    assert findings == ()
    return module


def layer_of(module: Module, path: str) -> LayerDeclaration:
    return next(layer for group in module.groups for layer in group.layers if layer.path == path)


def said(layer: LayerDeclaration) -> dict[str, list[str]]:
    """The texts of a layer's statements by their verb."""
    texts: dict[str, list[str]] = {}
    for statement in layer.statements:
        texts.setdefault(verb_of(statement), []).append(" ".join(statement.span.text.split()))
    return texts


def test_use_brings_in_declarations_but_not_title_claims_and_tests(tmp_path: Path) -> None:
    used = CONDOR + 'strategy "theirs"\nclaim cheap : annual_cost < 1%\ntest "calm" { calm 5 sessions at vix 14 }\ncosts none\n'
    module = merged(tmp_path, 'strategy "mine"\nuse "used.alvh"\n', used=used)
    assert module.title is not None
    assert module.title.title == "mine"
    assert module.claims == ()
    assert module.tests == ()
    assert [let.name.name for let in module.lets] == ["wing"]
    assert [(setting.name, setting.choice) for setting in module.settings] == [("costs", "none")]
    assert module.from_use == {"wing", "condors"}


def test_a_used_setting_is_a_default(tmp_path: Path) -> None:
    for text in ('costs listed\nuse "used.alvh"\n', 'use "used.alvh"\ncosts listed\n'):
        module = merged(tmp_path, text, used="costs none\n")
        assert [setting.choice for setting in module.settings] == ["listed"]


def test_one_file_used_over_two_ways_is_one_file(tmp_path: Path) -> None:
    module = merged(
        tmp_path, 'use "left.alvh"\nuse "right.alvh"\n', left='use "books/condor.alvh"\n', right='use "books/condor.alvh"\nlet x = vix\n'
    )
    assert [group.name for group in module.groups] == ["condors"]


def test_a_path_is_relative_to_the_file_that_says_it(tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "index.alvh").write_text('use "condor.alvh"\n')
    module = merged(tmp_path, 'use "books/index.alvh"\n')
    assert [group.name for group in module.groups] == ["condors"]


def test_a_book_without_layers_is_one_layer_under_its_own_name(tmp_path: Path) -> None:
    module = merged(tmp_path, 'use "books/condor.alvh"\n')
    (group,) = module.groups
    assert (group.kind, [layer.path for layer in group.layers]) == ("book", ["condors"])


def test_a_book_that_only_holds_the_index_has_no_layer(tmp_path: Path) -> None:
    (group,) = merged(tmp_path, "book market { hold SPX }\n").groups
    assert group.layers == ()
    assert [verb_of(statement) for statement in group.statements] == ["hold"]


def test_what_a_hedge_says_outside_its_layers_holds_where_a_layer_does_not_say_otherwise(tmp_path: Path) -> None:
    module = merged(tmp_path, LAYERED)
    assert said(layer_of(module, "h.near")) == {
        "size": ["size 1 contract"],
        "legs": ["buy VIX calls at 0.40 delta, 30 days"],
        "roll": ["roll when dte <= 7 days", "roll when vix > 40"],
    }
    assert said(layer_of(module, "h.far"))["roll"] == ["roll when dte <= 30 days"]
    assert [verb_of(statement) for statement in module.groups[0].statements] == ["unit", "unwind"]


@pytest.mark.parametrize(
    ("change", "path", "verb", "expected"),
    [
        ("change h.near { roll when dte <= 5 days }", "h.near", "roll", ["roll when dte <= 5 days"]),
        ("change h.near { no roll }", "h.near", "roll", None),
        ("change h.far { no size }", "h.far", "size", None),
        ("change h { size 3 contracts }", "h.far", "size", ["size 3 contracts"]),
        ("change h { no roll }", "h.near", "roll", ["roll when dte <= 7 days", "roll when vix > 40"]),
        ("change h { no roll }", "h.far", "roll", None),
        ("change h.near { buy VIX calls at 0.30 delta, 30 days }", "h.near", "legs", ["buy VIX calls at 0.30 delta, 30 days"]),
        ("change h { layer mid { buy VIX calls at 0.30 delta, 60 days } }", "h.mid", "roll", ["roll when dte <= 30 days"]),
        ("change h { size 3 contracts }\nchange h.far { size 4 contracts }", "h.far", "size", ["size 4 contracts"]),
        ("change h.far { size 4 contracts }\nchange h { size 3 contracts }", "h.far", "size", ["size 4 contracts"]),
    ],
)
def test_change_of_a_body_replaces_every_statement_of_the_verbs_it_says(
    tmp_path: Path, change: str, path: str, verb: str, expected: list[str] | None
) -> None:
    module = merged(tmp_path, f'use "layered.alvh"\n{change}\n', layered=LAYERED)
    assert said(layer_of(module, path)).get(verb) == expected


def test_a_removed_statement_stays_removed_for_files_further_out(tmp_path: Path) -> None:
    module = merged(tmp_path, 'use "plain.alvh"\n', plain='use "layered.alvh"\nchange h.far { no roll }\n', layered=LAYERED)
    assert "roll" not in said(layer_of(module, "h.far"))
    module = merged(
        tmp_path,
        'use "plain.alvh"\nchange h.far { roll when dte <= 3 days }\n',
        plain='use "layered.alvh"\nchange h.far { no roll }\n',
        layered=LAYERED,
    )
    assert said(layer_of(module, "h.far"))["roll"] == ["roll when dte <= 3 days"]


def test_change_of_a_value_keeps_the_range_and_remembers_what_stood_there(tmp_path: Path) -> None:
    module = merged(tmp_path, 'use "used.alvh"\nchange calm = 18 points\n', used="param calm = 15 points in 10 points .. 30 points\n")
    (param,) = module.params
    assert param.value.span.text == "18 points"
    assert param.low is not None
    assert param.low.span.text == "10 points"
    assert [(replaced.name, replaced.original.span.text) for replaced in module.replaced] == [("calm", "15 points")]


def test_drop_removes_a_declaration_a_layer_or_one_calendar_of_a_line(tmp_path: Path) -> None:
    used = LAYERED + "calendar cpi, ppi\nlet x = vix\n"
    module = merged(tmp_path, 'use "used.alvh"\ndrop x\ndrop cpi\ndrop h.near\n', used=used)
    assert module.lets == ()
    assert [name.name for calendar in module.calendars for name in calendar.names] == ["ppi"]
    assert [layer.path for group in module.groups for layer in group.layers] == ["h.far"]
    assert set(module.dropped) == {"x", "cpi", "h.near"}


def test_a_dropped_name_may_be_declared_anew(tmp_path: Path) -> None:
    module = merged(tmp_path, 'use "books/condor.alvh"\ndrop wing\nlet wing = 10 points\n')
    assert [let.value.span.text for let in module.lets] == ["10 points"]
    assert module.dropped == {}
    assert module.from_use == {"condors"}


def test_the_order_of_declarations_does_not_matter(tmp_path: Path) -> None:
    parts = ['use "layered.alvh"\n', "change h.far { no roll }\n", "drop h.near\n", "let own = vix\n"]
    modules = [merged(tmp_path, "".join(order), layered=LAYERED) for order in itertools.permutations(parts)]
    assert all(module.groups == modules[0].groups and module.lets == modules[0].lets for module in modules)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"costs": "none"}, "none"),
        ({"costs": "listed"}, "listed"),
    ],
)
def test_the_command_line_wins_over_every_setting(tmp_path: Path, overrides: dict[str, str], expected: str) -> None:
    module, findings = merge_text(tmp_path, 'costs none\nuse "books/condor.alvh"\n', overrides)
    assert findings == ()
    assert [setting.choice for setting in module.settings] == [expected]


def test_the_command_line_replaces_params_lets_and_triggers(tmp_path: Path) -> None:
    text = "param calm = 15 points\nlet level = vix\ntrigger fear = vix > 30\n"
    module, findings = merge_text(tmp_path, text, {"calm": "12 points", "level": "vix3m", "fear": "vix > 40"})
    assert findings == ()
    assert [module.params[0].value.span.text, module.lets[0].value.span.text, module.triggers[0].condition.span.text] == [
        "12 points",
        "vix3m",
        "vix > 40",
    ]
    assert module.params[0].value.span.source.path == "--set"


@pytest.mark.parametrize("value", ["15 points\nbook extra { hold SPX }", "", "15 points }", '"text"', "none\ncosts listed"])
def test_a_value_of_the_command_line_cannot_bring_in_more_than_a_value(tmp_path: Path, value: str) -> None:
    for name in ("calm", "costs"):
        module, findings = merge_text(tmp_path, "param calm = 12 points\n", {name: value})
        assert len(findings) == 1
        assert module.groups == ()


def test_what_a_missing_file_may_have_declared_is_no_second_finding(tmp_path: Path) -> None:
    module, findings = merge_text(tmp_path, 'use "absent.alvh"\n')
    assert names_of(findings) == ["missing-file"]
    assert module.incomplete


def test_a_link_that_leads_out_of_the_project_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.alvh"
    outside.write_text("let x = vix\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "inside.alvh").symlink_to(outside)
    _, findings = merge_text(project, 'use "inside.alvh"\n')
    assert names_of(findings) == ["file-outside-project"]


def test_the_project_reaches_up_to_the_folder_with_its_marker(tmp_path: Path) -> None:
    (tmp_path / "shared.alvh").write_text("let x = vix\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    assert names_of(merge_text(inner, 'use "../shared.alvh"\n')[1]) == ["file-outside-project"]
    (tmp_path / "alvh.toml").write_text("")
    assert merge_text(inner, 'use "../shared.alvh"\n')[1] == ()


@pytest.mark.parametrize("path", ["/etc/hostname", "..", ".", "", "books", "C:/x.alvh", "books\\\\condor.alvh", "a" * 5000, "../main.alvh"])
def test_no_path_makes_the_merger_fail(tmp_path: Path, path: str) -> None:
    _, findings = merge_text(tmp_path, f'use "{path}"\n')
    assert len(findings) == 1


def test_a_chain_of_files_is_bounded(tmp_path: Path) -> None:
    count = MOST_FILES + 10
    for index in range(count):
        use = f'use "f{index + 1}.alvh"\n' if index + 1 < count else ""
        (tmp_path / f"f{index}.alvh").write_text(f"{use}let x{index} = vix\n")
    module, findings = merge(str(tmp_path / "f0.alvh"), read)
    assert names_of(findings) == ["program-too-large"]
    assert len(module.lets) == MOST_FILES


def test_a_fan_of_uses_is_read_once_each(tmp_path: Path) -> None:
    """Each level uses the next twice: without remembering, 2 to the 40th reads."""
    for level in range(40):
        uses = f'use "l{level + 1}.alvh"\nuse "./l{level + 1}.alvh"\n' if level < 39 else "let deep = vix\n"
        (tmp_path / f"l{level}.alvh").write_text(uses)
    module, findings = merge(str(tmp_path / "l0.alvh"), read)
    assert findings == ()
    assert len(module.lets) == 1


def test_files_together_are_bounded(tmp_path: Path) -> None:
    for index in range(3):
        (tmp_path / f"big{index}.alvh").write_text("# " + "x" * 600_000 + "\n")
    _, findings = merge_text(tmp_path, "".join(f'use "big{index}.alvh"\n' for index in range(3)))
    assert names_of(findings) == ["program-too-large"]
