"""What a manifest may say, and what is told to who says something else."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alvh.runtime.calendars.expiries import STANDARD_FUND_LISTING, STANDARD_SPX_LISTING, STANDARD_VIX_LISTING
from alvh.runtime.market import MarketError, Problem
from alvh.runtime.markets.load_market import load_market
from alvh.runtime.markets.manifest import ALLOWANCES, read_manifest

GOOD = 'format = 1\n[series.spx]\nfile = "spx.csv"\n[series.vix]\nfile = "vix.csv"\n'


def problems_of(folder: Path, text: str) -> tuple[Problem, ...]:
    path = folder / "market.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MarketError) as caught:
        read_manifest(path)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "row", "says", "advises"),
    [
        (GOOD.replace("format = 1\n", ""), None, "format is None", "format = 1"),
        (GOOD + "lagg = 3\n", 6, "series `vix` has no key `lagg`", "did you mean `lag`"),
        (GOOD + '[series.vixx]\nfile = "a.csv"\n', 6, "no market series `vixx`", "did you mean `vix`"),
        (GOOD.replace("[series.vix]", "[series.vvix]"), 2, "series `vix` is missing", "every market needs it"),
        (GOOD + "allow = { blanks = 3 }\n", 6, "allows `blanks`", "did you mean `blank`"),
        (GOOD + "allow = { blank = -3 }\n", 6, "blank = -3 is no count", "true for any number"),
        (GOOD + 'lag = "3 weeks"\n', 6, "lag = '3 weeks' is no span", '"45 days"'),
        (GOOD + '[series.rate]\nfile = "r.csv"\n', 6, "the unit of `rate` is not stated", 'unit = "percent"'),
        (GOOD + '[series.vvix]\nfile = "${HOME_OF_DATA}/v.csv"\n', 7, "${HOME_OF_DATA} is not declared", "[variables]"),
        (GOOD + '[series.vvix]\nfile = "a.csv"\nfiles = ["b.csv"]\n', None, "exactly one of `file`, `files` and `sources`", "file ="),
        ('spx_settlement = "noon"\n' + GOOD, 1, "spx_settlement = 'noon' is not known", '"open"'),
        ('start = "2007-04-02"\n' + GOOD, 1, "is no date", "without quotes"),
        (
            GOOD + '[listing.vix]\nweeklies = [{ since = 2015-10-08, weekday = "wednes", weeks = 4 }]\n',
            7,
            "weekday = 'wednes'",
            "wednesday",
        ),
        (
            GOOD + "[listing.spx]\nmonthlies = [{ since = 2008-01-02, months = 3, leaps = { june = 40 } }]\n",
            7,
            "june = 40 is too far ahead",
            "36 months",
        ),
        (
            GOOD + "[listing.spx]\nmonthlies = [{ since = 2008-01-02, months = 3, leaps = { junes = 24 } }]\n",
            7,
            "leaps has no key `junes`",
            "did you mean `june`",
        ),
        (GOOD + "where = 3\n", 6, "where should be a table", "docs/data.md"),
        (GOOD + "[listing.vix]\nmonthlies = [{ months = 4 }]\n", 7, "does not say since when", "since ="),
        ("format = 1\n[series.spx\n", 2, "this is no TOML", "docs/data.md"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, text: str, row: int | None, says: str, advises: str) -> None:
    found = problems_of(tmp_path, text)
    assert any((problem.row == row or row is None) and says in problem.message and advises in problem.hint for problem in found), found


def test_no_such_manifest(tmp_path: Path) -> None:
    for spec in (str(tmp_path / "none.toml"), str(tmp_path)):
        with pytest.raises(MarketError) as caught:
            load_market(spec)
        assert caught.value.problems[0].hint


def test_paths_follow_the_manifest_and_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[variables]\nSOME_DATA = "../there"\n' + GOOD.replace('"spx.csv"', '"${SOME_DATA}/spx.csv"')
    path = tmp_path / "market.toml"
    path.write_text(
        text.replace("[variables]", "format = 1\n[variables]").replace("\nformat = 1\n[series.spx]", "\n[series.spx]"), encoding="utf-8"
    )
    monkeypatch.delenv("SOME_DATA", raising=False)
    assert read_manifest(path).series["spx"].sources[0].path == (tmp_path.parent / "there" / "spx.csv")
    assert read_manifest(path).series["vix"].sources[0].path == tmp_path / "vix.csv"
    monkeypatch.setenv("SOME_DATA", str(tmp_path / "else"))
    assert read_manifest(path).series["spx"].sources[0].path == tmp_path / "else" / "spx.csv"


def test_the_shipped_manifest_states_the_standard_listing() -> None:
    manifest = read_manifest(Path(__file__).with_name("history.toml"))
    assert manifest.vix_listing == STANDARD_VIX_LISTING
    assert sorted(manifest.spx_listing.weeklies, key=str) == sorted(STANDARD_SPX_LISTING.weeklies, key=str)
    assert manifest.spx_listing.monthlies == STANDARD_SPX_LISTING.monthlies
    assert manifest.spx_listing.periods == STANDARD_SPX_LISTING.periods
    assert manifest.fund_listing == STANDARD_FUND_LISTING


def test_the_example_of_the_documentation_is_a_manifest(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    path = tmp_path / "market.toml"
    path.write_text(text.split("```toml")[1].split("```")[0], encoding="utf-8")
    manifest = read_manifest(path)
    assert set(manifest.series) == {"spx", "vix", "vix3m", "vvix", "rate"}
    for allowance in ALLOWANCES:
        assert f"| `{allowance}` |" in text


TOP_KEYS = (
    "format", "name", "first", "start", "variables", "series", "futures", "settlements", "inputs", "calendars", "listing", "model",
    "stale_open", "spx_settlement",
)  # fmt: skip
ENTRY_KEYS = (
    "file", "files", "sources", "columns", "column", "date_format", "allow", "unit", "lag", "carried", "cumulate", "total_within", "where",
    "time", "scale",
)  # fmt: skip
ERA_KEYS = ("since", "months", "weeks", "weekday", "period", "cycle", "cycle_months")


def tables(keys: tuple[str, ...], values: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(keys), values, max_size=most)


WORDS = st.sampled_from(["x", "", "3 days", "percent", "${A}", "february"])
SCALARS = st.one_of(st.integers(-3, 3), st.booleans(), WORDS, st.just(datetime.date(2020, 1, 2)))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | tables(("file", "since", "a"), inner, 2))
ENTRIES = tables(ENTRY_KEYS, VALUES, 5)
ERAS = st.lists(tables(ERA_KEYS, VALUES, 4), max_size=2)
CONTENTS = st.tuples(
    tables(TOP_KEYS, VALUES, 3),
    tables(("series", "inputs", "calendars"), tables(("spx", "rate", "zz"), ENTRIES, 2), 3),
    tables(("futures", "settlements"), ENTRIES, 2),
    tables(("listing",), tables(("vix", "spx"), tables(("monthlies", "weeklies", "periods"), ERAS, 3), 2), 1),
)


def as_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {as_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CONTENTS)
def test_arbitrary_manifests_never_end_in_a_traceback(tmp_path: Path, contents: tuple[dict[str, Any], ...]) -> None:
    whole: dict[str, Any] = {"format": 1, "series": {"spx": {"file": "a.csv"}, "vix": {"file": "b.csv"}}}
    for part in contents:
        whole |= part
    path = tmp_path / "market.toml"
    path.write_text("\n".join(f"{key} = {as_toml(value)}" for key, value in whole.items()), encoding="utf-8")
    with pytest.raises(MarketError) as caught:  # a manifest that passes names files that are not there
        load_market(str(path)).arrays(None, None)
    assert all(problem.message and problem.hint for problem in caught.value.problems)
