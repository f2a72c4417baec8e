"""`alvh claims` from files to tables and JSON: what is judged, what cannot be, and what is wrong with a file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from calls import answer, copy_strategies

import alvh
from alvh.mistakes import RequestError
from alvh.runtime.claims.judge import Judgement

MARKET = "--market generated --seed 3"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy_strategies(tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def write(folder: Path, claim: str, use: str = "single_vix_call.alvh") -> str:
    """A file that uses a shipped strategy and claims something."""
    (folder / "made.alvh").write_text(f'strategy "Made"\nuse "{use}"\nclaim told : {claim}\n')
    return "made.alvh"


def judged(folder: Path, claim: str, use: str = "single_vix_call.alvh", **options: object) -> Judgement:
    found = alvh.claims([write(folder, claim, use)], alvh.Market("generated", seed=3), paths=2, **options)  # type: ignore[arg-type]
    (judgement,) = found.judgements
    return judgement


def test_a_file_without_claims_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output, code = answer(f"alvh claims unhedged.alvh {MARKET} --paths 1", capsys)
    assert code == 0
    assert output == "Claims on generated, seed 3, 1 path, one roll phase\n\nNo file makes a claim.\n"


def test_a_strategy_against_itself_is_undetermined_at_nothing(folder: Path) -> None:
    found = judged(folder, 'reduction(max_drawdown) > 0% vs "unhedged.alvh"', use="unhedged.alvh")
    assert found.verdict == "undetermined"
    assert found.parts[0].value == 0.0
    assert found.reason == "nothing is hedged: both sides are the same run"
    assert judged(folder, "annual_cost in 1% .. 2%", use="unhedged.alvh").verdict == "undetermined"


def test_a_claim_has_all_its_figures(folder: Path) -> None:
    found = judged(folder, 'reduction(max_drawdown) > -1000% vs "unhedged.alvh"', phases=2)
    (part,) = found.parts
    assert found.verdict == "supported"
    assert found.sample == "2 generated paths, 2023-01-03 to 2033-01-14"
    assert part.interval is not None
    assert part.interval.how == "paths"
    assert len(part.phases) == 2
    assert [other.label for other in part.others] == ["live", "no costs"]
    assert part.without_best is not None
    assert part.value is not None
    assert part.without_best < part.value


def test_a_yearly_cost_is_three_figures(folder: Path) -> None:
    found = judged(folder, "annual_cost <= 50%")
    assert [part.part.label for part in found.parts] == ["calm bleed", "growth given up", "premium bought"]
    assert [part.verdict for part in found.parts] == ["supported", "supported", None]


def test_time_decay_is_measured_against_another_hedge(folder: Path) -> None:
    own = judged(folder, "theta_paid > $0").parts[0].value
    (part,) = judged(folder, 'ratio(theta_paid) > 0 vs "alvh_442_contracts.alvh"').parts
    assert own is not None
    assert own > 0.0
    assert part.verdict == "supported"
    assert judged(folder, 'ratio(theta_paid) < 1 vs "single_vix_call.alvh"').parts[0].value == pytest.approx(1.0)


def test_own_sizing_and_costs_are_shown_against_the_others(folder: Path) -> None:
    live = judged(folder, "cagr > -100% with live sizing")
    assert [other.label for other in live.parts[0].others] == ["paired", "no costs"]
    free = judged(folder, "cagr > -100% with costs none")
    assert [other.label for other in free.parts[0].others] == ["live", "with costs"]


def test_a_claim_may_say_when_orders_fill(folder: Path) -> None:
    now, later = (judged(folder, f"max_drawdown > -90% with fill {fill}") for fill in ("this close", "next open"))
    assert now.verdict == later.verdict == "supported"
    assert now.parts[0].value != later.parts[0].value


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ('max_drawdown > -20% in "covid_2020_02_03"', "the market is traded from 2023-01-03 on"),
        ("ratio(theta_paid) < 1", "the figure is undefined"),  # the same book without hedges pays none
        ("event_loss < 12% on days when vix > 500", "the sample holds no such event"),
        ("monthly_drag < 1% on days when vix > 20", "a monthly drag is of months, not of days"),
        ("max_drawdown > -20% on days when equity > $1", "its days are told by the account, and differ from run to run"),
    ],
)
def test_what_cannot_be_judged_says_why(folder: Path, claim: str, reason: str) -> None:
    found = judged(folder, claim)
    assert found.verdict == "not evaluable"
    assert found.reason == reason


def test_a_layer_that_others_roll_into_cannot_be_left_out(folder: Path) -> None:
    found = judged(folder, "cagr > 0% without alvh.medium", use="alvh_442_contracts.alvh")
    assert found.reason == "without alvh.medium, alvh.front has nothing to roll into"


def test_an_ablation_runs(folder: Path) -> None:
    found = judged(folder, "hedge_cost = 0% without single")
    assert found.verdict == "undetermined"
    assert found.parts[0].value == 0.0


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ('max_drawdown > -20% in "covid"', "Did you mean `covid_2020_02_03`?"),
        ('reduction(max_drawdown) > 0% vs "unheged.alvh"', "There is no file `unheged.alvh`."),
        ('reduction(max_drawdown) > 0% vs "../outside.alvh"', "`../outside.alvh` lies outside the project folder."),
        ('reduction(max_drawdown) > 0% vs "/etc/passwd"', "/etc/passwd"),
        ("reduction(max_drawdown) > 0% without alvh.tail", "alvh.tail"),
    ],
)
def test_what_is_wrong_with_a_file_is_a_finding(folder: Path, claim: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy("unhedged.alvh", folder.parent / "outside.alvh")
    output, code = answer(f"alvh claims {write(folder, claim)} {MARKET} --paths 1", capsys)
    assert code == 1
    assert output.startswith("error[ALV")
    assert said in output
    assert "claim told" in output  # the line is shown


def test_a_baseline_with_errors_shows_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "broken.alvh").write_text("trigger fear = vix > 20%\n")
    file = write(folder, 'cagr > 0% vs "broken.alvh"')
    output, code = answer(f"alvh claims {file} {MARKET} --paths 1", capsys)
    assert code == 1
    assert "broken.alvh:1" in output


def test_wrong_calls(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = f"alvh claims unhedged.alvh {MARKET}"
    assert answer(f"{call} --phases 0", capsys) == ("alvh claims: there are 1 to 21 roll phases, not 0\n", 2)
    assert answer(f"{call} --paths 0", capsys) == ("alvh claims: a generated market needs one path at least\n", 2)
    output, code = answer(f"{call} --paths 1 --set colour=blue", capsys)
    assert code == 1
    assert "colour" in output
    with pytest.raises(RequestError):
        alvh.claims([], "generated")


def test_json_and_out_hold_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(folder, 'reduction(max_drawdown) in 35% .. 40% vs "unhedged.alvh"')
    output, code = answer(f"alvh claims {file} {MARKET} --paths 2 --json --out told", capsys)
    assert code == 0
    found = json.loads(output)
    assert found == json.loads((folder / "told" / "claims.json").read_text())
    assert found["format_version"] == 1
    assert found["standard"] is None
    (claim,) = found["claims"]
    assert claim["claim"] == "told"
    assert claim["figures"][0]["region"] == {"low": 0.35, "high": 0.4, "low_open": False, "high_open": False}
    again, code = answer(f"alvh claims {file} {MARKET} --paths 2 --out told", capsys)  # its own folder may be replaced
    assert code == 0
    assert (folder / "told" / "claims.txt").read_text() == again


def test_a_foreign_folder_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "full").mkdir()
    (folder / "full" / "letter.txt").write_text("dear")
    output, code = answer(f"alvh claims unhedged.alvh {MARKET} --paths 1 --out full", capsys)
    assert code == 2
    assert "holds files that alvh did not write" in output


def test_the_table_reads_as_a_trader_reads_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output, _ = answer(f"alvh claims {write(folder, 'max_drawdown > -1%')} {MARKET} --paths 2", capsys)
    lines = output.splitlines()
    assert lines[0] == "Claims on generated, seed 3, 2 paths, one roll phase"
    assert lines[2] == "made.alvh"
    assert lines[4].split() == [
        "claim",
        "asked",
        "measured",
        "90",
        "%",
        "bounds",
        "3",
        "months",
        "live",
        "3",
        "months",
        "no",
        "costs",
        "3",
        "months",
        "verdict",
    ]
    assert lines[6].split()[:3] == ["told", ">", "-1.0%"]
    assert lines[6].split()[-1] == "refuted"


def test_the_standard_table_asks_of_hedged_files_and_of_the_market(folder: Path) -> None:
    found = alvh.claims(["unhedged.alvh", "single_vix_call.alvh"], alvh.Market("generated", seed=3), paths=1, standard=True)
    names = [(judgement.file, judgement.name) for judgement in found.standard]
    assert [name for file, name in names if file == "single_vix_call.alvh"] == [
        "C1 G", "C2 G", "C3 G", "C4", "C5 G", "C6 G", "C7 G", "C8 G", "C9", "C10 G",
    ]  # fmt: skip
    assert [name for file, name in names if file == "market"] == ["C11 G"]
    assert not [name for file, name in names if file == "unhedged.alvh"]
    said = {judgement.name: judgement.reason for judgement in found.standard}
    assert said["C4"] == "it has no layer that writes against another"


def test_the_standard_triggers_compile() -> None:
    from alvh.runtime.claims.standard import TRIGGERS, condition_of

    for _, text in TRIGGERS:
        assert condition_of(text).nodes
