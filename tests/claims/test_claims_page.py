"""`make claims`: the page says plainly which claims hold, and its pictures are drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
from calls import copy_strategies

import alvh
from alvh.claims_picture import draw_claims
from alvh.commands.claims_page import _page


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> alvh.Claims:
    folder = tmp_path_factory.mktemp("project")
    copy_strategies(folder)
    return alvh.claims([folder / "single_vix_call.alvh"], alvh.Market("generated", seed=3), paths=2, standard=True)


def test_the_page_says_in_words_how_claims_came_out(found: alvh.Claims) -> None:
    page = _page(found, found)
    assert page.startswith("# Which claims hold\n")
    assert "- The unhedged book of `single_vix_call`, in the median generated path: " in page
    assert "- C4, calendar writes bring 4 to 5 % down to 1 to 2 % (seed 4): not evaluable 2." in page
    assert "always on, and so compared with themselves)." in page
    assert "| single_vix_call |" in page
    assert "Standard table: single_vix_call.alvh" in page


def test_the_picture_is_drawn(found: alvh.Claims, tmp_path: Path) -> None:
    draw_claims(found, tmp_path / "claims.png")
    assert (tmp_path / "claims.png").read_bytes().startswith(b"\x89PNG")
