"""NU-Wave's eight steps: how much narrower than the data they are with a denoiser that makes no mistake."""

import pytest

from tinyaudio.objectives.diffusion import GaussianDiffusion
from tinyaudio.objectives.diffusion_time import ContinuousLevel
from tinyaudio.objectives.noise_schedule import NUWAVE, NUWAVE_FAST
from tinyaudio.samplers.diffusion import sample
from tinyaudio.samplers.diffusion_steps import ancestral, dpm_solver


def generated_std(std, alpha_bars, step, n_samples):
    """Of what is sampled by the exact denoiser of clips of independent Gaussian samples."""

    def exact(x, level):
        """The expectation of epsilon given x_t."""
        alpha_bar = level.square()[:, None]
        return x * (1 - alpha_bar).sqrt() / (alpha_bar * std**2 + 1 - alpha_bar)

    diffusion = GaussianDiffusion(ContinuousLevel(NUWAVE))
    # in double precision: the noise of the last steps is a thousandth, and the noise is divided by it
    double = lambda x, level: exact(x.double(), level.double())  # noqa: E731
    return float(sample(double, diffusion, alpha_bars, (n_samples,), seeds=[0], step=step).std())


# Data of this standard deviation come out with that one: ancestral sampling, DPM-Solver++(2M).
TABLE = [(0.1, 0.062, 0.103), (0.3, 0.178, 0.273)]


@pytest.mark.parametrize(("std", "by_ancestral", "by_dpm_solver"), TABLE)
def test_the_shrinkage_at_the_paper_s_eight_nodes(std, by_ancestral, by_dpm_solver):
    n = 200_000  # a standard error of 0.16 %
    found = [generated_std(std, NUWAVE_FAST.alpha_bars, s, n) for s in (ancestral, dpm_solver)]
    assert found == pytest.approx([by_ancestral, by_dpm_solver], rel=0.015)


@pytest.mark.parametrize("std", [0.02, 0.05, 0.1])
def test_dpm_solver_is_within_5_percent_where_ancestral_sampling_is_not(std):
    n = 200_000
    by_ancestral, by_dpm_solver = (
        generated_std(std, NUWAVE_FAST.alpha_bars, s, n) for s in (ancestral, dpm_solver)
    )
    assert by_dpm_solver == pytest.approx(std, rel=0.05)
    assert by_ancestral < 0.95 * std


def test_with_all_thousand_steps_nothing_is_wrong():
    found = generated_std(0.1, NUWAVE.alpha_bars, ancestral, 20_000)
    assert found == pytest.approx(0.098, rel=0.015)
