"""Chapter 23's checkers: the package passes, as do other ways to write it."""

import pytest
import torch

from tinyaudio.exercises.affine_coupling import COUPLED, check_coupled
from tinyaudio.exercises.affine_coupling import network as network_of_the_cases
from tinyaudio.exercises.feature_matching import MATCHED_FEATURES, check_matched_features
from tinyaudio.exercises.flow_likelihood import FLOW_NATS, check_flow_nats
from tinyaudio.exercises.mel_error import MEL_ERROR_DB, check_mel_error_db
from tinyaudio.exercises.squeeze import SQUEEZED, check_squeezed
from tinyaudio.models.waveglow_blocks import AffineCoupling, squeeze
from tinyaudio.objectives.spectral import NEPERS
from tinyaudio.objectives.vocoder_gan import feature_matching, mel_distance


@pytest.mark.parametrize(
    ("exercise", "words"),
    [
        (SQUEEZED, "The wrong axis"),
        (FLOW_NATS, "The sign of the log-determinant is wrong"),
        (MATCHED_FEATURES, "The gradient also goes into the features of real sound"),
        (MEL_ERROR_DB, "The rate is fixed at 22,050"),
    ],
)
def test_what_an_issue_asks_for_is_among_the_mistakes(exercise, words):
    assert sum(mistake.english.startswith(words) for mistake in exercise.mistakes) == 1


def test_the_package_passes():
    assert check_squeezed(lambda x, n: squeeze(x[None, None], n)[0])
    assert check_matched_features(feature_matching)

    def in_db(fake, real, rate):
        return 20 / torch.tensor(10.0).log() * mel_distance(fake, real, rate, 512, 64)

    assert NEPERS == pytest.approx(4.605, abs=1e-3) and check_mel_error_db(in_db)


def test_the_package_s_coupling_passes_with_the_network_of_the_cases():
    def coupled(x, network, inverse):
        layer = AffineCoupling(2, 1, 2, 1)
        layer.wn.forward = lambda half, condition: torch.cat(network(half[0])[::-1])[None]
        if inverse:
            return layer.inverse(x[None], x[None])[0]
        return layer(x[None], x[None])[0][0]

    assert check_coupled(coupled)
    x = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    there = COUPLED.right(x, network_of_the_cases, False)
    assert torch.allclose(COUPLED.right(there, network_of_the_cases, True), x, atol=1e-5)


def test_the_likelihood_passes_as_a_sum_over_the_samples():
    def in_parts(z, s, W, sigma):
        normal = torch.distributions.Normal(0.0, sigma).log_prob(z).sum()
        return -(normal + s.sum() + z.shape[1] * W.det().abs().log()) / z.numel()

    assert check_flow_nats(in_parts)
