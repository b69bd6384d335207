"""Dynamics: in closed form, and about what procedural notes do."""

import pytest
import torch

from tinyaudio.data.instruments.dynamics import LOUDEST_DB, dynamics, middle
from tinyaudio.data.instruments.families import FAMILIES, RANGES, Struck
from tinyaudio.data.notes import note
from tinyaudio.represent.loudness import loudness

TIMES = torch.arange(125) * 256 / 16_000  # two seconds


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_struck_dies_away_and_what_is_blown_is_held(family):
    low, high = RANGES[family].pitches
    for pitch in (low, (low + high) // 2, high):
        level = dynamics(family, pitch, TIMES)
        assert level.isfinite().all() and level.max() <= LOUDEST_DB and level.min() >= -80
        if isinstance(RANGES[family], Struck):
            assert level[0] == LOUDEST_DB and (level.diff() <= 0).all() and level[-1] < level[0] - 5
        else:
            assert (level.diff() >= 0).all() and level[-1] == LOUDEST_DB


def test_higher_strings_ring_for_a_shorter_time():
    one_second = torch.tensor([1.0])
    levels = [dynamics("guitar", pitch, one_second).item() for pitch in (40, 52, 64, 76)]
    assert levels == sorted(levels, reverse=True)


def test_the_middle_is_as_many_times_the_lowest_as_the_highest_is_of_it():
    assert middle((1.0, 4.0)) == 2


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_about_as_loud_as_procedural_notes_of_the_family(family):
    """Instruments of a family differ by some decibels; their median does not differ by many."""
    low, high = RANGES[family].pitches
    pitch = (low + high) // 2
    heard = torch.cat([loudness(note(family, i, pitch, seconds=1.0), 256) for i in range(16)])
    median = 40 * (heard[:, 0].median(0).values - 1)
    early = slice(15, 25)  # 0.24 to 0.4 s
    assert (median - dynamics(family, pitch, TIMES[:63]))[early].abs().mean() < 10
