r"""How many bits a sample a linear predictor needs for mu-law codes: the baseline for networks.

The mean of a sample is predicted from the 32 before it, and a density around the mean has a scale.
A code stands for an interval of amplitudes; its probability is the integral of the density over it, so
that the 256 probabilities add up to 1, as a network's do, and the same codes are scored.

    m_t = \sum_{k=1}^{32} a_k x_{t-k}
    s_t = gain v_t + floor,  v_t = memory v_{t-1} + (1 - memory) |x_{t-1} - m_{t-1}|
    p(code) = F((upper - m_t) / s_t) - F((lower - m_t) / s_t)

With memory 1 the scale is constant ("global"), else it follows the errors made so far
("adaptive"). x is the amplitude that a code stands for, or the same companded, where the codes are
evenly spaced. The coefficients a come from least squares; where the scale adapts, it helps much to
divide each equation by its scale ("weighted"), or the loudest notes dominate. Before the first sample
there is silence, and every sample counts, the first one too.

Paper:      Atal & Hanauer, "Speech analysis and synthesis by linear prediction of the speech wave"
            (1971): least squares over the samples themselves, without a window.
Implements: `fit`, `Predictor`, `tuned`.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import signal, special

ORDER = 32
N_LEVELS = 256
DOMAINS = ("linear", "companded")
DENSITIES = ("gaussian", "logistic")
# The constants of the scale are chosen from these. Gain is a multiple of the mean absolute error: a
# Gaussian with a global scale wants 1.25, a logistic 0.72.
MEMORIES = (1.0, 0.998, 0.99, 0.98, 0.95, 0.9, 0.8, 0.65)
GAINS = (0.25, 0.35, 0.5, 0.6, 0.72, 0.85, 1.0, 1.25, 1.6, 2.0, 2.7)
FLOORS = (0.0, 1e-3, 1e-2, 3e-2, 0.1, 0.3)  # in median errors of the training set
TUNED_ON = 10_000  # samples of the training set on which constants are compared
ROUNDS = 2  # of weighted least squares; more change the third decimal
SMALLEST_SCALE = 1e-7  # a thousandth of the narrowest interval


@functools.cache
def codebook(domain: str) -> tuple[np.ndarray, np.ndarray]:
    """The value of each code (256,), and the borders of its interval (257,), the outermost infinite.

    Example:
        >>> codebook("companded")[0][[0, 255]]
        array([-1.,  1.])
    """
    mu = N_LEVELS - 1
    values, edges = (2 * np.arange(N_LEVELS) - mu) / mu, (2 * np.arange(N_LEVELS + 1) - mu - 1) / mu
    if domain == "linear":
        values, edges = (
            np.sign(y) * np.expm1(np.abs(y) * np.log1p(mu)) / mu for y in (values, edges)
        )
    edges[0], edges[-1] = -np.inf, np.inf
    return values, edges


def log_integral(lower: np.ndarray, upper: np.ndarray, density: str) -> np.ndarray:
    """ln(F(upper) - F(lower)) of a standard density; exact far out in the tails."""
    if density == "logistic":
        # F(b) - F(a) = F(b) F(-a) (1 - e^(a - b))
        ends = np.isinf(lower) | np.isinf(upper)
        gap = np.where(ends, -np.inf, lower - upper)
        return special.log_expit(upper) + special.log_expit(-lower) + np.log(-np.expm1(gap))
    right = lower > 0  # mirrored into the left tail, where the difference of logarithms is exact
    low, high = np.where(right, -upper, lower), np.where(right, -lower, upper)
    log_high = special.log_ndtr(high)
    return log_high + np.log(-np.expm1(special.log_ndtr(low) - log_high))


def code_lengths(
    codes: np.ndarray, mean: np.ndarray, scale: np.ndarray, domain: str, density: str
) -> np.ndarray:
    """-log2 of the probability of each code, in bits; the first three are broadcast."""
    edges = codebook(domain)[1]
    lower, upper = (edges[codes] - mean) / scale, (edges[codes + 1] - mean) / scale
    return -log_integral(lower, upper, density) / np.log(2)


def lagged(x: np.ndarray, order: int) -> np.ndarray:
    """The ``order`` values before each one, nearest first (T, order); silence before the first."""
    padded = np.concatenate([np.zeros(order), x[:-1]])
    return np.lib.stride_tricks.sliding_window_view(padded, order)[:, ::-1]


def running(errors: np.ndarray, memory: float, level: float) -> np.ndarray:
    """v_t, the running mean of the absolute errors before t (T,); v_0 is ``level``."""
    before = np.concatenate([[level], errors[:-1]])
    return signal.lfilter([1 - memory], [1, -memory], before, zi=[memory * level])[0]


def fit(
    signals: Sequence[np.ndarray], order: int = ORDER, scales: Sequence[np.ndarray] | None = None
) -> np.ndarray:
    """The coefficients (order,) with the least squared error over all signals together.

    Args:
        signals: (T,) each.
        order: Order of the predictor, in samples.
        scales: By which to divide each equation, (T,) each; 1 by default.

    Example:
        >>> fit([0.9 ** np.arange(50)], order=1).round(6)
        array([0.9])
    """
    squares, products = np.zeros((order, order)), np.zeros(order)
    for i, x in enumerate(signals):
        scale = np.ones(len(x)) if scales is None else scales[i]
        history = lagged(x, order) / scale[:, None]
        squares, products = squares + history.T @ history, products + history.T @ (x / scale)
    # Pure tones leave directions without energy; the ridge decides those.
    ridge = 1e-12 * np.trace(squares) + 1e-300
    return np.linalg.solve(squares + ridge * np.eye(order), products)


@dataclass(frozen=True)
class Predictor:
    """A linear predictor with all its constants.

    Attributes:
        domain: "linear" or "companded".
        density: "gaussian" or "logistic".
        memory: Of the scale; 1 is a global scale.
        gain: Scale over mean absolute error.
        floor: Added to the scale.
        weighted: Whether each equation is divided by its scale in fitting.
        level: Mean absolute error, assumed before the first sample.
        coefficients: (order,).
    """

    domain: str
    density: str = "logistic"
    memory: float = 0.9
    gain: float = 0.72
    floor: float = 0.0
    weighted: bool = False
    level: float = 0.0
    coefficients: np.ndarray = field(default_factory=lambda: np.zeros(ORDER))

    def __str__(self) -> str:
        scale = "global scale" if self.memory == 1 else f"adaptive scale (memory {self.memory})"
        squares = "weighted" if self.weighted else "plain"
        return f"{self.domain} domain, {squares} least squares, {self.density}, {scale}"

    def means_and_errors(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The predicted mean of each sample, and its absolute error (T,)."""
        x = codebook(self.domain)[0][codes]
        mean = lagged(x, len(self.coefficients)) @ self.coefficients
        return mean, np.abs(x - mean)

    def scales(self, errors: np.ndarray) -> np.ndarray:
        """s_t from the errors before t (T,)."""
        scale = self.gain * running(errors, self.memory, self.level) + self.floor
        return np.maximum(scale, SMALLEST_SCALE)

    def code_lengths(self, codes: np.ndarray) -> np.ndarray:
        """Bits for each sample of a clip (T,), each from the codes before it."""
        mean, errors = self.means_and_errors(codes)
        return code_lengths(codes, mean, self.scales(errors), self.domain, self.density)

    def fitted_to(self, clips: Sequence[np.ndarray]) -> "Predictor":
        """The same constants, with coefficients and level of these clips."""
        signals = [codebook(self.domain)[0][codes] for codes in clips]
        scales, order = None, len(self.coefficients)
        for _ in range(1 + ROUNDS * self.weighted):
            fitted = replace(self, coefficients=fit(signals, order, scales))
            errors = [fitted.means_and_errors(codes)[1] for codes in clips]
            fitted = replace(fitted, level=float(np.concatenate(errors).mean()))
            scales = [fitted.scales(error) for error in errors]
        return fitted


def bits_per_sample(predictor: Predictor, clips: Sequence[np.ndarray]) -> float:
    """Mean over all samples of all clips."""
    return float(np.concatenate([predictor.code_lengths(codes) for codes in clips]).mean())


def adapted_bits_per_sample(predictor: Predictor, clips: Sequence[np.ndarray]) -> float:
    """The same for a predictor fitted to each clip anew.

    An oracle: its coefficients come from the samples that they predict, and cost nothing.
    """
    lengths = [predictor.fitted_to([codes]).code_lengths(codes) for codes in clips]
    return float(np.concatenate(lengths).mean())


def tuned(
    clips: Sequence[np.ndarray], order: int = ORDER, *, adapt: bool = False
) -> list[Predictor]:
    """Predictors for a training set, the one with the fewest bits there first.

    Args:
        clips: Mu-law codes, (T,) each.
        order: Order of the predictor, in samples.
        adapt: Choose the constants for a predictor that is fitted to each clip anew, and so is to
            be `Predictor.fitted_to` each clip that it scores.

    Returns:
        The best of each domain with plain and with weighted least squares, four in all.
    """
    found = []
    for domain in DOMAINS:
        predictor = Predictor(domain, coefficients=np.zeros(order))
        for weighted in (False, True):  # the plain one's constants serve as the first weights
            predictor = replace(predictor, weighted=weighted)
            if adapt:
                fitted = [predictor.fitted_to([codes]) for codes in clips]
            else:
                fitted = [predictor.fitted_to(clips)] * len(clips)
            bits, predictor = with_best_constants(fitted, clips)
            found.append((bits, predictor))
    return [predictor for _, predictor in sorted(found, key=lambda pair: pair[0])]


def with_best_constants(
    fitted: Sequence[Predictor], clips: Sequence[np.ndarray]
) -> tuple[float, Predictor]:
    """Try densities, memories, gains and floors on some samples of clips, each with its predictor."""
    n_samples = sum(map(len, clips))
    some = np.random.default_rng(0).choice(n_samples, min(n_samples, TUNED_ON), replace=False)
    parts = [p.means_and_errors(codes) for p, codes in zip(fitted, clips, strict=True)]
    codes, mean = np.concatenate(clips)[some], np.concatenate([mean for mean, _ in parts])[some]
    median = float(np.median(np.concatenate([error for _, error in parts])))

    def bits(candidate: Predictor, v: np.ndarray) -> float:
        scale = np.maximum(candidate.gain * v + candidate.floor, SMALLEST_SCALE)
        lengths = code_lengths(codes, mean, scale, candidate.domain, candidate.density)
        return float(lengths.mean())

    found = []
    for memory in MEMORIES:
        v = np.concatenate(
            [running(e, memory, p.level) for p, (_, e) in zip(fitted, parts, strict=True)]
        )[some]
        for density in DENSITIES:
            tried = replace(fitted[0], density=density, memory=memory, gain=1.0)
            # One after the other: all pairs are ten times as many and gain nothing.
            for name, values in (("floor", [f * median for f in FLOORS]), ("gain", GAINS)):
                candidates = [replace(tried, **{name: value}) for value in values]
                tried = min(candidates, key=lambda candidate: bits(candidate, v))
            found.append((bits(tried, v), tried))
    return min(found, key=lambda pair: pair[0])
