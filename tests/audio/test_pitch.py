"""MIDI pitches in Hz."""

import numpy as np
import pytest
import torch

from tinyaudio.audio.pitch import midi_to_hz


def test_numbers_arrays_and_tensors_have_the_same_frequencies():
    pitches = [24, 57, 60.5, 69, 81]
    expected = [32.7032, 220.0, 269.2918, 440.0, 880.0]
    assert [midi_to_hz(p) for p in pitches] == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(midi_to_hz(np.array(pitches)), expected, rtol=1e-6)
    torch.testing.assert_close(midi_to_hz(torch.tensor(pitches)), torch.tensor(expected))
    assert midi_to_hz(torch.tensor([69, 81])).is_floating_point()  # of whole numbers, too
