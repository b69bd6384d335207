r"""A short noise schedule by search: with few steps, which strengths of noise they have matters much.

    \beta_n = m_n 10^{e_n},   m_n = 1 ... 9,   e_n one after the other      [WaveGrad, section 3]

A network of continuous levels is trained once, for any schedule.  Then many schedules are tried on a few clips,
and the one is kept whose clips are nearest to the recorded ones; WaveGrad compares log-mel spectra.

Paper:      Chen et al., "WaveGrad: Estimating gradients for waveform generation", 2021 (arXiv:2009.00713).
Implements: `grid_search`.
Differs:    the grid of six steps has 9^6 = 531,441 schedules; a sample of it can be tried instead of all.
See:        the chapter "Diffusion vocoders".
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

from tinyaudio.data.rng import Purpose, generator
from tinyaudio.errors import UserError
from tinyaudio.objectives.noise_schedule import NoiseSchedule


def grid_search(
    score: Callable[[NoiseSchedule], float],
    exponents: Sequence[int] = (-6, -5, -4, -3, -2, -1),
    n_trials: int | None = None,
    seed: int = 0,
) -> tuple[NoiseSchedule, float]:
    """The schedule of the lowest score.

    Args:
        score: Of a schedule, such as the distance of clips sampled by it; lower is better.
        exponents: Of ten, one a step, rising.
        n_trials: Schedules to try, drawn from the grid without repeating one; all of them by default.
        seed: Of that drawing.

    Returns:
        The schedule, and its score.

    Raises:
        UserError: The exponents do not rise, there are none, or no trials, or no schedule has a finite score.

    Example:
        >>> best, distance = grid_search(lambda s: abs(s.alpha_bars[-1].item() - 0.79), (-2, -1))
        >>> best.betas, round(distance, 4)
        (tensor([0.0100, 0.2000], dtype=torch.float64), 0.002)
    """
    if any(a >= b for a, b in pairwise(exponents)):
        raise UserError("exponents must rise from step to step, so that every schedule does")
    if not exponents or (n_trials is not None and n_trials < 1):
        raise UserError("no schedule to try; give at least one exponent and one trial")
    size = 9 ** len(exponents)
    trials: Sequence[int] = range(size)
    if n_trials is not None and n_trials < size:
        draws = generator(seed, Purpose.SCHEDULE_SEARCH)
        trials = sorted(draws.choice(size, n_trials, replace=False).tolist())
    best: tuple[NoiseSchedule, float] | None = None
    for trial in trials:
        # the digits of the trial's number in base 9 are the m_n - 1
        mantissas = [trial // 9**n % 9 + 1 for n in range(len(exponents))]
        schedule = NoiseSchedule([m * 10.0**e for m, e in zip(mantissas, exponents, strict=True)])
        found = float(score(schedule))
        # NaN is below nothing
        if found < (best[1] if best else float("inf")):
            best = schedule, found
    if best is None:
        raise UserError("no schedule has a finite score; look for NaN in what is compared")
    return best
