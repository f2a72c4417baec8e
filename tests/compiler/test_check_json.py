"""What `alvh check --format json` prints fits the schema that docs/check_json.md promises."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from schemas import misfits, schema_of

ROOT = Path(__file__).parents[2]
BAD = ROOT / "tests" / "check" / "bad"
SCHEMA = schema_of("check_json.md")


def check_json(*files: str) -> Any:
    printed = subprocess.run([sys.executable, "-m", "alvh", "check", "--format", "json", *files], cwd=BAD, capture_output=True, check=False)
    return json.loads(printed.stdout)


def test_every_bad_program_prints_what_the_schema_promises() -> None:
    document = check_json(*sorted(path.name for path in BAD.glob("*.alvh")))
    assert misfits(document, SCHEMA) == []
    assert len(document["diagnostics"]) == document["error_count"] + document["warning_count"] > 100


def test_a_clean_program_prints_what_the_schema_promises() -> None:
    document = check_json(str(ROOT / "strategies" / "vxth.alvh"))
    assert misfits(document, SCHEMA) == []
    assert document["valid"] is True


@pytest.mark.parametrize("change", [{"valid": 1}, {"error_count": -1}, {"warm_up": "21"}, {"more": 1}, {"format_version": "2.0"}])
def test_the_schema_refuses_other_documents(change: dict[str, object]) -> None:
    document = {"format_version": "1.0", "valid": True, "error_count": 0, "warning_count": 0, "warm_up": 1, "diagnostics": []}
    assert misfits(document, SCHEMA) == []
    assert misfits(document | change, SCHEMA)
