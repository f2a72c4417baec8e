"""What a record says to a reader: figures, attribution, journal, notes, JSON, tables; judged on a record made by hand."""

from __future__ import annotations

import json
from datetime import date

import attrs
import fabricated
import numpy as np
import pytest

from alvh.runtime import record as codes
from alvh.runtime.compare import Comparison
from alvh.runtime.journal import ACTIONS, JOURNAL_SCHEMA, NOTES, journal_frame
from alvh.runtime.market import MarketError, Prints
from alvh.runtime.result_tables import dollars, percent, ratio


def test_every_row_of_equity_adds_up() -> None:
    result = fabricated.result()
    frame = result.equity
    assert frame.columns == ["date", "equity", "cash", "interest", "condors", "alvh.front"]
    assert frame["date"][0] == date(2020, 1, 2)
    total = result.settings.capital + frame["interest"] + frame["condors"] + frame["alvh.front"]
    assert np.abs((total - frame["equity"]).to_numpy()).max() < 1e-9 * 1e6


def test_a_held_index_has_a_column_of_its_own() -> None:
    result = fabricated.result(fabricated.program(hold_index=True))
    assert result.equity.columns[4] == "hold"
    assert result.hold_profit == 0.0


def test_layers_carry_profit_costs_and_counts() -> None:
    condors, front = fabricated.result().layers
    assert (condors.kind, condors.trades, condors.settlements, condors.refusals, condors.costs) == ("book", 1, 1, 0, 14.0)
    assert (front.kind, front.trades, front.settlements, front.refusals, front.costs) == ("hedge", 4, 0, 1, 80.0)
    assert front.profit == -3900.0
    assert front.days_held == pytest.approx(25 / 40)


def test_trades_are_orders_filled_and_hedge_cost_is_the_hedges_own() -> None:
    result = fabricated.result()
    assert result.metrics.trades == 5
    mean = float(result.equity["equity"].to_numpy().mean())
    assert result.metrics.hedge_cost == pytest.approx(3900.0 / mean / (40 / 252))


def test_option_marks_are_modelled_and_the_index_only_where_it_was() -> None:
    held = attrs.evolve(fabricated.record(), hold_profit=np.arange(40.0) * 100.0)
    result = fabricated.result(fabricated.program(hold_index=True), held)
    basis = {entry.instrument: entry for entry in result.basis.instruments}
    assert basis["SPX options"].modelled == basis["VIX options"].modelled == 1.0
    assert basis["SPX index"].modelled == pytest.approx(2 / 39)  # the bar that was modelled and the one after
    assert sum(entry.share_of_profit for entry in basis.values()) == pytest.approx(1.0)
    modelled = sum(entry.share_of_profit * entry.modelled for entry in basis.values())
    assert result.basis.modelled_share == pytest.approx(modelled)
    series = {entry.series: entry for entry in result.basis.series}
    assert series["vix"].replaced == pytest.approx(0.25)
    assert series["vvix"].modelled == 1.0
    assert "vix_settlement" not in series  # nothing settled on it
    assert series["spx_am"].observed == 1.0
    assert series["ad_line"].missing == 1.0


def test_notes_put_what_is_missing_first() -> None:
    notes = fabricated.result().notes
    assert notes[0].startswith("the market has no ad_line")
    assert notes[1].startswith("the market has no calendar cpi")
    assert "10 stale VIX opens were replaced by the close" in notes
    assert not any("nobody asked" in note for note in notes)  # it is about a series that nothing reads
    assert "SPX options settled: 1 on the noon print" in notes
    assert any(note.startswith("marks") and note.endswith(": 3") for note in notes)
    assert any(note.startswith("settlements") and note.endswith(": 1") for note in notes)


def test_rules_say_how_often_they_were_unknown() -> None:
    (rule,) = fabricated.result().rules
    assert (rule.layer, rule.verb, rule.rule, rule.text, rule.unknown) == (
        "alvh.front", "roll", "by_hand.alvh:2", "roll when dte <= 7 days", 1.0,
    )  # fmt: skip


def test_the_journal_says_what_why_and_on_which_values() -> None:
    journal = fabricated.result().journal
    assert journal.schema == JOURNAL_SCHEMA
    rows = journal.to_dicts()
    assert rows[0]["instrument"] == "-1 SPX put 2020-01-22 3000, +1 SPX put 2020-01-22 2950"
    assert (rows[0]["reason"], rows[0]["rule"]) == ("holds none of its own", "by_hand.alvh:2")
    assert (rows[1]["asked"], rows[1]["filled"], rows[1]["note"]) == (6.4, 4.0, "cut by cash or margin")
    assert (rows[2]["action"], rows[2]["asked"], rows[2]["rule"]) == ("roll out", None, "by_hand.alvh:2")
    assert (rows[2]["reason"], rows[2]["values"]) == ("roll when dte <= 7 days", "dte=7")
    assert rows[3]["instrument"] == "VIX call 2020-02-16 22.5"
    assert (rows[4]["action"], rows[4]["reason"]) == ("settle", "expired on the noon print")
    assert (rows[5]["reason"], rows[5]["values"]) == ("storm", "vix=31.25; vix > 30=true; ad_line=unknown")
    assert (rows[6]["action"], rows[6]["note"], rows[6]["price"]) == ("refused", "the hedge is unwinding", None)


@pytest.mark.parametrize(
    ("known", "prints", "reason"),
    [
        (False, fabricated.arrays().prints, "expired on the last mark, for want of any print"),
        (True, {}, "expired on a print that the market does not name"),
    ],
)
def test_a_settlement_says_when_its_print_is_missing_or_has_no_name(known: bool, prints: dict[str, Prints], reason: str) -> None:
    arrays = attrs.evolve(fabricated.arrays(), prints=prints)
    arrays.values[20, arrays.series.index("spx_am")] = 1.0 if known else np.nan
    journal = journal_frame(fabricated.program(), arrays, fabricated.record())
    assert journal["reason"][4] == reason


def test_every_code_of_a_record_has_words() -> None:
    assert set(ACTIONS) == set(range(codes.KEEP + 1))
    assert set(NOTES) == set(range(1, codes.STILL_FULL + 1))


def test_json_has_the_fields_of_schema_version_1() -> None:
    value = json.loads(fabricated.result().to_json())
    assert list(value) == [
        "schema_version", "strategy", "file", "market", "from", "to", "settings", "metrics", "layers", "account", "observed",
        "modelled", "rules", "notes", "identity",
    ]  # fmt: skip
    assert value["schema_version"] == 1
    assert (value["strategy"], value["market"], value["from"], value["to"]) == ("By hand", "by hand", "2020-01-02", "2020-02-10")
    assert set(value["metrics"]) == {
        "cagr", "volatility", "sharpe", "sortino", "max_drawdown", "cvar_95", "final_equity", "trades", "hedge_cost",
    }  # fmt: skip
    assert value["settings"] == {
        "capital": 1_000_000.0, "costs": "listed", "fill": "same_close", "contracts": "whole", "phase": 0, "seed": None,
        "spx_settlement": None, "params": {"call_delta": 0.5},
    }  # fmt: skip
    assert set(value["layers"][0]) == {"name", "kind", "profit", "costs", "trades", "settlements", "refusals", "days_held"}
    assert set(value["modelled"]) == {"share_of_profit", "instruments", "series", "replaced", "missing"}
    assert value["observed"]["share_of_profit"] + value["modelled"]["share_of_profit"] == pytest.approx(1.0)
    assert len(value["identity"]) == 64


def test_the_same_identity_gives_the_same_bytes() -> None:
    assert fabricated.result().to_json() == fabricated.result().to_json()


def test_identity_changes_with_text_and_with_settings() -> None:
    base = fabricated.result().identity
    assert fabricated.result(text=fabricated.TEXT + "# a remark\n").identity != base
    assert fabricated.result(attrs.evolve(fabricated.program(), costs="none")).identity != base


def test_undefined_figures_are_null_and_never_nan() -> None:
    broke = attrs.evolve(fabricated.record(), equity=np.linspace(1e6, -1e5, 40))
    result = fabricated.result(left=broke)
    assert json.loads(result.to_json())["metrics"]["cagr"] is None
    for shown in (str(result), result._repr_html_(), str(Comparison((result, result)))):
        assert "nan" not in shown.lower()
        assert "None" not in shown


def test_a_run_without_a_bar_is_refused_in_words() -> None:
    empty = attrs.evolve(fabricated.record(), equity=np.empty(0))
    with pytest.raises(MarketError, match="no bar"):
        fabricated.result(left=empty)


def test_comparison_measures_against_the_first() -> None:
    one = fabricated.result()
    worse = fabricated.result(left=attrs.evolve(fabricated.record(), equity=1e6 - 2_000.0 * np.arange(40.0)))
    value = Comparison((worse, one, worse)).to_dict()
    assert (value["schema_version"], value["baseline"]) == (1, "By hand")
    first, second, third = value["results"]
    assert (first["drawdown_reduction"], first["cagr_difference"]) == (0.0, 0.0)
    assert second["drawdown_reduction"] == pytest.approx(1 - one.metrics.max_drawdown / worse.metrics.max_drawdown)
    assert second["cagr_difference"] == pytest.approx(one.metrics.cagr - worse.metrics.cagr)
    assert third["drawdown_reduction"] == 0.0


def test_tables_align_and_state_what_is_modelled() -> None:
    text = str(fabricated.result())
    table = text.split("\n\n")[1].splitlines()
    assert len({len(line) for line in table[1:]}) == 1
    assert max(len(line) for line in text.splitlines()) <= 140
    assert "100% of P&L rests on modelled prices" in text
    assert "the market has no ad_line" in text.split("\n\n")[0]
    html = fabricated.result()._repr_html_()
    assert html.count("<table>") == 2
    assert "P&amp;L" in html


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert (percent(-0.0001), percent(-0.0051, sign=True), ratio(-0.001), dollars(-0.2), dollars(-1234.5)) == (
        "0.0%", "-0.5%", "0.00", "$0", "-$1,234",
    )  # fmt: skip
    assert (percent(None), ratio(None), dollars(None)) == ("-", "-", "-")


def test_settings_say_when_orders_filled() -> None:
    """And the notes how many orders the last day left unfilled."""
    made, left = attrs.evolve(fabricated.program(), fill="next close"), attrs.evolve(fabricated.record(), waiting=2)
    found = fabricated.result(made, left)
    assert found.settings.fill == "next_close"
    assert "fills at the next close" in str(found)
    assert "orders decided on the last day, which no day was left to fill: 2" in found.notes
    assert fabricated.result().settings.fill == "same_close"
