"""What `alvh check --format json` prints fits the schema that docs/check_json.md promises."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BAD = ROOT / "tests" / "check" / "bad"
SCHEMA = json.loads(re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "check_json.md").read_text(), flags=re.DOTALL)[0])
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}


def misfits(value: Any, schema: dict[str, Any], place: str = "$") -> list[str]:
    """Where a value breaks the schema, by the keywords that the schema uses."""
    if "$ref" in schema:
        return misfits(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], place)
    unknown = set(schema) - {
        "$schema", "$defs", "title", "description", "type", "required", "properties", "additionalProperties", "items", "enum", "pattern",
        "minimum",
    }  # fmt: skip
    assert not unknown, "a keyword that this test does not know"
    named = schema.get("type", [])
    types = tuple(TYPES[name] for name in ([named] if isinstance(named, str) else named))
    found = []
    if types and (not isinstance(value, types) or (isinstance(value, bool) and bool not in types)):
        return [f"{place} is {value!r}"]
    if value not in schema.get("enum", [value]) or ("pattern" in schema and not re.search(schema["pattern"], value)):
        found.append(f"{place} is {value!r}")
    if isinstance(value, int) and value < schema.get("minimum", value):
        found.append(f"{place} is {value!r}")
    if isinstance(value, dict):
        if set(value) != set(schema["required"]):  # nothing is optional, nothing else allowed
            found.append(f"{place} has {sorted(value)}")
        for name, part in value.items():
            found += misfits(part, schema["properties"].get(name, {}), f"{place}.{name}")
    if isinstance(value, list):
        for index, part in enumerate(value):
            found += misfits(part, schema["items"], f"{place}[{index}]")
    return found


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
