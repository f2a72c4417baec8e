"""The syntax reference shows only what can be read."""

from __future__ import annotations

import re

import pytest
from reading import STRATEGIES, read_file

TEXT = (STRATEGIES.parent / "docs" / "language.md").read_text("utf-8")
BLOCKS = re.findall(r"^```alvh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_blocks_parse(block: str) -> None:
    assert read_file(block).declarations


def test_there_are_blocks() -> None:
    assert len(BLOCKS) > 3
