"""The classifier: its size, what it is blind to, and what it refuses."""

import pytest
import torch
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models.pitch_classifier import (
    PitchClassifier,
    PitchClassifierConfig,
    pitch_classes,
)
from tinyaudio.represent.log_frequency import BANDS_A_SEMITONE, N_BANDS, log_frequency


def network():
    torch.manual_seed(0)
    return PitchClassifier(PitchClassifierConfig.tiny())


def test_its_size_in_half_precision_is_below_half_a_megabyte():
    assert 2 * sum(p.numel() for p in network().parameters()) < 0.5e6


def test_probabilities_add_up_and_follow_the_logits():
    net, notes = network(), torch.randn(3, 1, 8_192)
    found = net.probabilities(notes)
    assert found.shape == (3, 61)
    torch.testing.assert_close(found.sum(1), torch.ones(3))
    torch.testing.assert_close(found, net.logits(net.features(notes)).softmax(1))
    frames = log_frequency(notes, 16_000)
    torch.testing.assert_close(net.features_of_frames(frames), net.features(notes))


def test_a_note_a_semitone_higher_moves_the_candidates_by_one():
    """The convolutions are shared between pitches: before the hidden layer nothing else changes."""
    net, seen = network(), []
    net.hidden.register_forward_pre_hook(
        lambda _, inputs: seen.append(inputs[0].unflatten(1, (-1, 61)))
    )
    frames = torch.full((1, N_BANDS, 9), -1.0)
    frames[:, 60:120] = torch.rand(1, 60, 9, generator=torch.Generator().manual_seed(0))
    for shift in (0, 5):
        net.features_of_frames(frames.roll(BANDS_A_SEMITONE * shift, dims=1))
    low, high = seen
    torch.testing.assert_close(high[..., 20:45], low[..., 15:40], atol=1e-5, rtol=1e-4)
    assert not torch.allclose(high, low, atol=1e-2)


def test_every_parameter_learns():
    net = network()
    F.cross_entropy(net(torch.randn(4, 1, 8_192)), torch.tensor([0, 20, 40, 60])).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


def test_silence_is_finite_and_short_notes_and_other_pitches_are_refused():
    net = network()
    assert net.probabilities(torch.zeros(1, 1, 16_000)).isfinite().all()
    with pytest.raises(
        UserError, match="notes of 4095 samples: the pitch classifier looks at frames of 4096"
    ):
        net(torch.zeros(1, 1, 4_095))
    with pytest.raises(
        UserError, match="pitches from 23 to 60: the classifier tells those from 24 to 84"
    ):
        pitch_classes(torch.tensor([60, 23]))
