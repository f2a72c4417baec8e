"""Where a JSON document breaks a schema that a page of docs/ holds, by the keywords that these schemas use."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
KEYWORDS = {"$schema", "$defs", "title", "description", "type", "required", "properties", "additionalProperties", "items"}
KEYWORDS |= {"enum", "pattern", "minimum", "anyOf"}


def schema_of(page: str) -> dict[str, Any]:
    """The schema that a page shows."""
    (text,) = re.findall(r"```json\n(.*?)```", (DOCS / page).read_text("utf-8"), flags=re.DOTALL)
    schema: dict[str, Any] = json.loads(text)
    return schema


def misfits(value: Any, root: dict[str, Any], schema: dict[str, Any] | None = None, place: str = "$") -> list[str]:
    """Where a value breaks the schema `root`, or a part of it."""
    schema = root if schema is None else schema
    if "$ref" in schema:
        return misfits(value, root, root["$defs"][schema["$ref"].rpartition("/")[2]], place)
    assert set(schema) <= KEYWORDS, "a keyword that this test does not know"
    if "anyOf" in schema:
        tried = [misfits(value, root, choice, place) for choice in schema["anyOf"]]
        return [] if [] in tried else tried[0]
    named = schema.get("type", [])
    types = tuple(kind for name in ([named] if isinstance(named, str) else named) for kind in TYPES[name])
    found = []
    if types and (not isinstance(value, types) or (isinstance(value, bool) and bool not in types)):
        return [f"{place} is {value!r}"]
    if value not in schema.get("enum", [value]) or ("pattern" in schema and not re.search(schema["pattern"], value)):
        found.append(f"{place} is {value!r}")
    if isinstance(value, int) and value < schema.get("minimum", value):
        found.append(f"{place} is {value!r}")
    if isinstance(value, dict) and isinstance(schema.get("additionalProperties"), dict):  # any names
        for name, part in value.items():
            found += misfits(part, root, schema["additionalProperties"], f"{place}.{name}")
    elif isinstance(value, dict):
        if set(value) != set(schema["required"]):  # nothing is optional, nothing else allowed
            found.append(f"{place} has {sorted(value)}")
        for name, part in value.items():
            found += misfits(part, root, schema["properties"].get(name, {}), f"{place}.{name}")
    if isinstance(value, list):
        for index, part in enumerate(value):
            found += misfits(part, root, schema["items"], f"{place}[{index}]")
    return found
