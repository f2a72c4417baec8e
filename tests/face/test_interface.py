"""alvh from Python: what loads, what is refused, and that nothing is loaded before it is used."""

from __future__ import annotations

from pathlib import Path

import pytest

import alvh

STRATEGIES = Path(__file__).parents[2] / "strategies"


def test_every_public_name_is_there_and_listed() -> None:
    for name in alvh.__all__:
        assert getattr(alvh, name) is not None
    assert set(alvh.__all__) <= set(dir(alvh))
    with pytest.raises(AttributeError, match="no attribute 'simulate'"):
        alvh.simulate  # noqa: B018


def test_a_strategy_knows_its_title_params_and_texts() -> None:
    strategy = alvh.load(STRATEGIES / "alvh_442_contracts.alvh")
    assert strategy.title == "ALVH 4/4/2 by contracts"
    assert strategy.params == {"call_delta": 0.5, "inversion": 0.08}
    assert [name for name, _ in strategy.texts] == ["alvh_442_contracts.alvh", "books/condor_16_delta.alvh"]
    assert strategy.warnings == ()


def test_settings_replace_what_the_file_says() -> None:
    strategy = alvh.load(STRATEGIES / "alvh_442_contracts.alvh", settings={"costs": "none", "call_delta": "0.40 delta"})
    assert strategy.program.costs == "none"
    assert strategy.params["call_delta"] == 0.4


def test_a_file_with_errors_is_refused_with_every_finding(tmp_path: Path) -> None:
    path = tmp_path / "broken.alvh"
    path.write_text('strategy "Broken"\nlet fear = vix > 20%\nlet more = vix > 30%\nbook market { hold SPX }\n')
    with pytest.raises(alvh.StrategyError, match="20") as refused:
        alvh.load(path)
    assert refused.value.diagnostics == alvh.check(path)
    assert len(refused.value.diagnostics) >= 2


def test_a_file_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    (finding,) = alvh.check(tmp_path / "absent.alvh")
    assert "absent.alvh" in finding.span.source.path
    with pytest.raises(alvh.StrategyError):
        alvh.load(tmp_path / "absent.alvh")
