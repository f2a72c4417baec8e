"""What `alvh why --format json` prints fits the schema that docs/why_json.md promises, and says what the text says."""

from __future__ import annotations

import json
import math

import pytest
from asking import ask, calls
from schemas import misfits, schema_of

SCHEMA = schema_of("why_json.md")
RULES = "at most 2 lots\n open every week when fear or ad_line > 5\n close when dte <= 18 days and not fear"
HEDGE = "limit cost to 5% of capital\n unwind when vix > 30 until vix < 22"
TEXT = calls(RULES, HEDGE, before="input ad_line : number\ntrigger fear = vix > 20 and quick_ratio > 0")
VIX = [*[20.5] * 12, 31.0, 25.0, 20.0]


@pytest.mark.parametrize("bar", [0, 1, 6, 10, 12, 13, 20])
def test_an_answer_fits_its_schema(bar: int) -> None:
    printed = ask(TEXT, bar, inputs={"ad_line": [math.nan]}, vix=VIX).to_json()
    assert printed.endswith("}\n")
    assert misfits(json.loads(printed), SCHEMA) == []


def test_it_says_what_the_text_says() -> None:
    why = ask(TEXT, 13, inputs={"ad_line": [math.nan]}, vix=VIX)
    document, text = json.loads(why.to_json()), str(why)
    assert repr(why) == text.rstrip("\n")
    assert "<pre>" in why._repr_html_()
    for layer in document["layers"]:
        assert all(sentence in text for sentence in layer["sentences"])
        for rule in layer["rules"]:
            assert rule["text"] in text
            for condition in rule["conditions"]:
                assert all(f"{clause['text']}: " in text for clause in condition["clauses"])
    assert document["layers"][0]["outcome"] == "unwinding"


@pytest.mark.parametrize("change", [{"date": "14 March"}, {"layers": {}}, {"more": 1}, {"format_version": "2.0"}])
def test_the_schema_refuses_other_documents(change: dict[str, object]) -> None:
    document = ask(TEXT, 1, inputs={"ad_line": [1.0]}).to_dict()
    assert misfits(document, SCHEMA) == []
    assert misfits(document | change, SCHEMA)
