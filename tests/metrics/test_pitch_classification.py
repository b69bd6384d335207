"""Metrics of a pitch classifier's answers against closed forms, each with what fools it."""

import math

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.metrics.pitch_classification import (
    inception_score,
    pitch_accuracy,
    pitch_entropy,
)

PITCHES = torch.arange(61)
SURE = torch.eye(61)  # one note of each pitch, each certain


def softmax_of_noise(n=400, k=12, seed=0):
    return torch.randn(n, k, generator=torch.Generator().manual_seed(seed)).mul(3).softmax(1)


def test_certain_and_ignorant_answers():
    """One-hot: no entropy, and a score of the number of balanced classes; uniform: ln 61 and 1."""
    assert pitch_entropy(SURE) == 0 and pitch_accuracy(SURE, PITCHES) == 1
    assert inception_score(SURE).item() == pytest.approx(61, rel=1e-5)
    ignorant = torch.full((9, 61), 1 / 61)
    assert pitch_entropy(ignorant).item() == pytest.approx(math.log(61), rel=1e-5)
    assert pitch_entropy(ignorant).item() == pytest.approx(4.11, abs=5e-3)
    assert inception_score(ignorant).item() == pytest.approx(1, abs=1e-5)


def test_the_score_of_unbalanced_certain_answers_is_the_exponential_of_their_entropy():
    answers = SURE[torch.tensor([0, 0, 0, 1])]
    expected = math.exp(-0.75 * math.log(0.75) - 0.25 * math.log(0.25))
    assert inception_score(answers).item() == pytest.approx(expected, rel=1e-5)


def test_the_score_is_the_exponential_of_the_mean_divergence():
    """Its definition, term by term; it lies between 1 and the number of classes."""
    p = softmax_of_noise().double()
    divergence = (p * (p.log() - p.mean(0).log())).sum(1).mean()
    score = inception_score(p)
    torch.testing.assert_close(score, divergence.exp())
    assert 1 < score < 12


def test_copies_within_a_class_fool_the_score_and_the_accuracy():
    """Ten copies of one note a pitch score as ten different notes would."""
    copies = SURE.repeat(10, 1)
    assert inception_score(copies).item() == pytest.approx(61, rel=1e-5)
    assert pitch_accuracy(copies, PITCHES.repeat(10)) == 1


def test_confused_pitches_fool_the_score_and_the_entropy_and_not_the_accuracy():
    confused = SURE.roll(1, dims=1)  # every note is a semitone too high, and surely so
    assert inception_score(confused).item() == pytest.approx(61, rel=1e-5)
    assert pitch_entropy(confused) == 0
    assert pitch_accuracy(confused, PITCHES) == 0


def test_one_pitch_for_all_has_no_entropy_and_is_told_by_the_score():
    one = SURE[:1].expand(50, -1)
    assert pitch_entropy(one) == 0 and inception_score(one).item() == pytest.approx(1)
    assert pitch_accuracy(one, torch.arange(50)).item() == pytest.approx(1 / 50)


@pytest.mark.parametrize("metric", [inception_score, pitch_entropy])
def test_logits_and_nothing_are_refused(metric):
    with pytest.raises(UserError, match="take the softmax of logits"):
        metric(torch.randn(4, 61))
    with pytest.raises(UserError, match="no notes to measure"):
        metric(torch.zeros(0, 61))
