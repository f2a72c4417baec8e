"""The picture: labels keep apart, the file is a picture of the stated size and the same bytes each time."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import fabricated
from hypothesis import given
from hypothesis import strategies as st

from alvh.picture import draw_comparison, spread
from alvh.runtime.compare import Comparison


@given(st.lists(st.floats(-0.5, 1.5), min_size=1, max_size=6))
def test_labels_keep_apart_inside_the_panel_and_in_order(wanted: list[float]) -> None:
    places = spread(wanted, room=0.12, low=0.06, high=0.94)
    ordered = sorted(places)
    assert all(right - left >= 0.12 - 1e-6 for left, right in pairwise(ordered))
    assert ordered[0] >= 0.06 - 1e-6
    assert ordered[-1] <= 0.94 + 1e-6
    for left, right in pairwise(sorted(range(len(wanted)), key=lambda index: wanted[index])):
        assert places[left] < places[right]


def test_a_lone_label_stands_at_its_value() -> None:
    assert spread([0.4], room=0.2, low=0.0, high=1.0) == [0.4]


def test_the_picture_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    result = fabricated.result()
    for name in ("one.png", "two.png"):
        draw_comparison(Comparison((result, result)), tmp_path / name)
    content = (tmp_path / "one.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert content == (tmp_path / "two.png").read_bytes()
