"""Random numbers against the published answers of their generator, against their laws, and bit for bit at every width."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numpy.typing import NDArray

import alvh.runtime.random_number_types  # noqa: F401 - teaches Numba where uniform numbers come from
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.lanes import Lanes, load, store
from alvh.runtime.mathematics import normal_cdf
from alvh.runtime.on_arrays import on_arrays
from alvh.runtime.random_numbers import (
    MOST_PATHS,
    cosine_and_sine,
    normal_pair,
    philox,
    sine_of_quarter_turn,
    uniform_pair,
)
from alvh.runtime.record import same_bits

Numbers = NDArray[np.float64]
DRAWS = 5

KNOWN_ANSWERS = (
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
)
"""philox4x32 10 of the file kat_vectors that Random123, the authors' own code, ships: counter, key, answer."""


def words(text: str) -> tuple[int, ...]:
    return tuple(int(word, 16) for word in text.split())


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_the_generator_gives_the_published_answers(counter: str, key: str, answer: str) -> None:
    assert philox(words(counter), words(key)) == words(answer)  # type: ignore[arg-type]


def test_a_uniform_number_is_53_bits_of_two_words_and_never_0() -> None:
    """The answer to the zero counter: words 6627e8d5 and e169c58d, the first above, without the lowest 11 bits, plus 1, over 2^53."""
    first, second = uniform_pair(Lanes(1), 0.0, 0, 0, 0, 0)
    assert first == ((0x6627E8D5E169C58D >> 11) + 1) / 2**53
    assert second == ((0xBC57AC4C9B00DBD8 >> 11) + 1) / 2**53


def drawn(lanes, paths, sessions, keys, out):
    """Rows of `out`: for each of DRAWS draws of a few sessions, a uniform and a normal pair."""
    path = load(lanes, paths, 0)
    row = 0
    for place in range(len(sessions)):
        for draw in range(DRAWS):
            first, second = uniform_pair(lanes, path, sessions[place], draw, keys[0], keys[1])
            third, fourth = normal_pair(lanes, path, sessions[place], draw, keys[0], keys[1])
            store(lanes, out, row, first)
            store(lanes, out, row + 1, second)
            store(lanes, out, row + 2, third)
            store(lanes, out, row + 3, fourth)
            row += 4


compiled_drawn = njit(error_model="numpy", fastmath=False, boundscheck=False)(drawn)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**64 - 1),
    path=st.integers(0, MOST_PATHS - 16),
    sessions=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3),
)
def test_lanes_and_plain_python_draw_the_same_bits(seed: int, path: int, sessions: list[int]) -> None:
    rows = 4 * DRAWS * len(sessions)
    keys, at = np.array([seed & 0xFFFFFFFF, seed >> 32]), np.array(sessions)
    plain = np.empty((rows, 16))
    for lane in range(16):
        out = np.empty((rows, 1))
        drawn(Lanes(1), np.array([[float(path + lane)]]), sessions, keys.tolist(), out)
        plain[:, lane] = out[:, 0]
    for width in (1, 4, 8, 16):
        out = np.empty((rows, width))
        compiled_drawn(Lanes(width), path + np.arange(float(width))[None, :], at, keys, out)
        assert same_bits(out, plain[:, :width]), width


def test_plain_python_runs_one_lane() -> None:
    with pytest.raises(InternalError):
        uniform_pair(Lanes(8), 0.0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def sample() -> Numbers:
    """[sessions, draws, four numbers, paths]: uniform, uniform, normal, normal."""
    sessions, paths = 500, 320
    out = np.empty((4 * DRAWS * sessions, 16))
    found = np.empty((sessions, DRAWS, 4, paths))
    for first in range(0, paths, 16):
        compiled_drawn(Lanes(16), first + np.arange(16.0)[None, :], np.arange(sessions), np.array([2718, 0]), out)
        found[..., first : first + 16] = out.reshape(sessions, DRAWS, 4, 16)
    return found


def test_uniform_numbers_fill_the_square_evenly(sample: Numbers) -> None:
    """Chi-squared over 32 by 32 cells for a pair, for neighbours in session, in draw and in path; five standard deviations of it."""
    first, second = sample[:, :, 0], sample[:, :, 1]
    for a, b in ((first, second), (first[:-1], first[1:]), (first[:, :-1], second[:, 1:]), (first[..., :-1], first[..., 1:])):
        counts, _, _ = np.histogram2d(a.ravel(), b.ravel(), bins=32, range=((0, 1), (0, 1)))
        expected = a.size / 32**2
        chi_squared = float(((counts - expected) ** 2 / expected).sum())
        assert abs(chi_squared - (32**2 - 1)) < 5 * math.sqrt(2 * (32**2 - 1))


def test_low_bits_of_uniform_numbers_are_fair(sample: Numbers) -> None:
    bits = (sample[:, :, :2] * 2.0**53).astype(np.int64)
    for bit in range(53):
        share = ((bits >> bit) & 1).mean()
        assert abs(share - 0.5) < 5 * 0.5 / math.sqrt(bits.size), bit


def test_normal_numbers_follow_their_law_and_nothing_else(sample: Numbers) -> None:
    normal = sample[:, :, 2:]
    ordered = np.sort(normal.ravel())
    place = np.arange(1, ordered.size + 1) / ordered.size
    law = np.array([normal_cdf(value) for value in ordered[::50].tolist()])
    # Kolmogorov's distance, at a chance of one in 10,000.
    assert np.abs(law - place[::50]).max() < 2.23 / math.sqrt(ordered.size) + 1 / ordered.size
    assert abs((normal**4).mean() - 3.0) < 5 * math.sqrt(96 / normal.size)
    for a, b in ((normal[:, :, 0], normal[:, :, 1]), (normal[:-1], normal[1:]), (normal[..., :-1], normal[..., 1:])):
        assert abs((a * b).mean()) < 5 / math.sqrt(a.size)
        assert abs((a * a * b * b).mean() - 1.0) < 5 * math.sqrt(8 / a.size)


def test_circles_are_round() -> None:
    turns = np.concatenate([np.linspace(0.0, 1.0, 20_001), np.random.default_rng(1).random(20_000)])
    cosine, sine = on_arrays(cosine_and_sine)(turns)
    assert np.abs(cosine - np.cos(2 * np.pi * turns)).max() < 1.5e-15  # NumPy's argument is rounded too
    assert np.abs(sine - np.sin(2 * np.pi * turns)).max() < 1.5e-15
    assert np.abs(on_arrays(sine_of_quarter_turn)(turns) - np.sin(np.pi / 2 * turns)).max() < 1e-15
    for turn, found in ((0.0, (1.0, 0.0)), (0.25, (0.0, 1.0)), (0.5, (-1.0, 0.0)), (0.75, (0.0, -1.0)), (1.0, (1.0, 0.0))):
        assert cosine_and_sine(turn) == found
