"""Keys and what comes of them: independent purposes, and recordings mixed in evenly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyaudio.data.item import is_recorded
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.errors import DataError


def test_each_seed_purpose_and_item_has_numbers_of_its_own():
    numbers = {
        generator(seed, purpose, i).random()
        for seed in range(3)
        for purpose in Purpose
        for i in range(3)
    }
    assert len(numbers) == 9 * len(Purpose)


def test_a_negative_number_is_refused():
    with pytest.raises(DataError, match=r"0, 34, -1: one is negative"):
        generator(0, Purpose.NOTE_CROP, -1)


@given(st.floats(0, 1), st.integers(0, 500))
def test_the_first_n_items_have_their_fraction_of_recordings(fraction, n):
    assert sum(is_recorded(i, fraction) for i in range(n)) == int(n * fraction)
