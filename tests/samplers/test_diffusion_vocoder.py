"""Few steps at equal distances of log-SNR, and a vocoder whose denoiser is exact."""

import pytest
import torch

from tinyaudio.errors import AudioError, UserError
from tinyaudio.objectives.diffusion import GaussianDiffusion
from tinyaudio.objectives.diffusion_time import ContinuousLevel
from tinyaudio.objectives.noise_schedule import DIFFWAVE_50, WAVEGRAD
from tinyaudio.represent.mel_level import mel_level
from tinyaudio.samplers.diffusion_steps import dpm_solver, log_snr
from tinyaudio.samplers.diffusion_vocoder import LAST_LOG_SNR, equal_log_snr, vocode

DIFFUSION = GaussianDiffusion(ContinuousLevel(WAVEGRAD))


@pytest.mark.parametrize("schedule", [WAVEGRAD, DIFFWAVE_50])
def test_steps_are_equally_far_apart_from_the_last_level_on(schedule):
    alpha_bars = equal_log_snr(schedule, 7)
    log_snrs = torch.tensor([log_snr(float(a)) for a in alpha_bars])
    torch.testing.assert_close(log_snrs.diff(), log_snrs.diff()[:1].expand(6))
    assert float(alpha_bars[-1]) == pytest.approx(float(schedule.alpha_bars[-1]))
    assert float(log_snrs[0]) == pytest.approx(LAST_LOG_SNR, rel=1e-5)
    torch.testing.assert_close(equal_log_snr(schedule, 1), schedule.alpha_bars[-1:])
    for n in (0, len(schedule) + 1):
        with pytest.raises(UserError, match=f"cannot sample in {n} steps"):
            equal_log_snr(schedule, n)


def exact(std):
    """The noise in x, expected by who knows that clips are N(0, std^2)."""

    def network(x, level):
        level = level[:, None, None]
        variance = level.square() * std**2 + 1 - level.square()
        return (1 - level.square()).sqrt() / variance * x

    return network


def test_an_exact_denoiser_makes_sound_of_the_frames_level():
    """Six steps of second order keep nearly all of the deviation; the prior then gives it the level."""
    frames = torch.full((1, 80, 400), -1.0)
    frames[:, 0] = 0.9
    made = vocode(exact(1.0), DIFFUSION, frames, 16, 6, seeds=[3, 4], step=dpm_solver)
    level = mel_level(frames, 16)
    assert made.shape == (2, 1, 6_400)
    torch.testing.assert_close((made / level).std(), torch.tensor(1.0), atol=0.05, rtol=0)


def test_without_the_prior_the_waveform_is_the_sample_itself():
    frames, plain = torch.full((1, 80, 9), 0.5), {"seeds": [4], "prior": False}
    made = vocode(exact(0.1), DIFFUSION, frames, 16, 6, seeds=[3, 4])
    alone = vocode(exact(0.1), DIFFUSION, frames, 16, 6, **plain)
    torch.testing.assert_close(alone * mel_level(frames, 16), made[1:])
    # an estimate of x_0 is clipped, at full scale
    loud = vocode(exact(5.0), DIFFUSION, frames, 16, 6, **plain)
    assert loud.abs().max() == 1


def test_frames_with_nan_are_refused():
    with pytest.raises(AudioError, match="not finite"):
        vocode(exact(1.0), DIFFUSION, torch.full((1, 80, 2), torch.nan), 16, 6)
