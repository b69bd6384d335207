"""Linear predictors of codes: proper distributions, causal, and as good as theory says they must be."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal, stats

from benchmarks import linear_prediction as lp
from tinyaudio.represent import mulaw

CODES = np.arange(256)
DENSITIES = {"gaussian": stats.norm, "logistic": stats.logistic}
both_domains = pytest.mark.parametrize("domain", lp.DOMAINS)
both_densities = pytest.mark.parametrize("density", lp.DENSITIES)


def encoded(x):
    return mulaw.encode(torch.from_numpy(x)).numpy()


def noise(n, sigma, seed=0):
    return sigma * np.random.default_rng(seed).standard_normal(n)


def entropy_of_codes(sigma):
    """Of Gaussian noise, in bits."""
    return stats.entropy(np.diff(stats.norm.cdf(lp.codebook("linear")[1], scale=sigma)), base=2)


def predictor(coefficients=(0.0,), **constants):
    return lp.Predictor("linear", coefficients=np.array(coefficients), **constants)


def test_the_codebook_is_the_packages():
    values, edges = lp.codebook("linear")
    np.testing.assert_allclose(values, mulaw.decode(torch.arange(256)), rtol=2e-6)
    np.testing.assert_allclose(
        lp.codebook("companded")[0], mulaw.compress(mulaw.decode(torch.arange(256))), atol=1e-6
    )
    # A border lies between two codes; 1e-6 is a hundredth of the narrowest interval.
    np.testing.assert_array_equal(encoded(edges[1:-1] - 1e-6), CODES[:-1])
    np.testing.assert_array_equal(encoded(edges[1:-1] + 1e-6), CODES[1:])


@both_domains
@both_densities
@given(mean=st.floats(-2, 2), log_scale=st.floats(np.log(lp.SMALLEST_SCALE), 3))
def test_probabilities_sum_to_one(domain, density, mean, log_scale):
    bits = lp.code_lengths(CODES, np.array(mean), np.exp(log_scale), domain, density)
    assert bits.min() >= 0 and abs(np.sum(2.0**-bits) - 1) < 1e-9


@both_densities
@pytest.mark.parametrize("mean", [-0.9, 0.0, 0.3])
def test_probabilities_are_the_curves_integral(density, mean):
    edges, curve = lp.codebook("linear")[1], DENSITIES[density](mean, 0.2)
    bits = lp.code_lengths(CODES, np.array(mean), 0.2, "linear", density)
    np.testing.assert_allclose(2.0**-bits, np.diff(curve.cdf(edges)), atol=1e-14)


@both_densities
def test_the_last_code_has_the_whole_tail_even_where_it_underflows(density):
    last = lp.codebook("linear")[1][255]
    for far in (1.0, 40.0, 1e4):
        bits = lp.code_lengths(np.array(255), last - far, 1.0, "linear", density)
        assert bits == pytest.approx(-DENSITIES[density].logsf(far) / np.log(2), rel=1e-9)


def test_white_noise_needs_its_entropy():
    sigma, n = 0.1, 100_000
    entropy = entropy_of_codes(sigma)
    train, test = ([encoded(noise(n, sigma, seed))] for seed in (0, 1))
    # Knowing the density, nothing but chance separates the two: four standard errors of the mean.
    known = predictor(density="gaussian", memory=1.0, gain=sigma, level=1.0).code_lengths(test[0])
    assert known.mean() == pytest.approx(entropy, abs=4 * known.std() / np.sqrt(n))
    assert lp.bits_per_sample(lp.tuned(train)[0], test) == pytest.approx(entropy, abs=0.02)


def test_a_known_process_is_found():
    """x_t = 1.6 x_{t-1} - 0.8 x_{t-2} + e_t, e of 0.05: its mu-law codes cost what e's density says."""
    n, sigma, truth = 60_000, 0.05, [1.6, -0.8]
    x = [signal.lfilter([1], [1, -1.6, 0.8], noise(n, sigma, seed)) for seed in (0, 1)]
    assert max(np.abs(one).max() for one in x) < 1  # nothing was clipped
    # Standard error of a coefficient is sqrt((1 - 0.8^2) / n) = 0.0024.
    np.testing.assert_allclose(lp.fit(x[:1], order=2), truth, atol=0.01)
    train, test = encoded(x[0]), encoded(x[1])
    mean = lp.lagged(x[1], 2) @ truth  # from the history before quantization
    best = lp.code_lengths(test, mean, sigma, "linear", "gaussian").mean()
    found, *_ = lp.tuned([train], order=2)
    assert found.domain == "linear" and found.density == "gaussian"
    np.testing.assert_allclose(found.coefficients, truth, atol=0.02)
    assert lp.bits_per_sample(found, [test]) == pytest.approx(best, abs=0.02)
    # Thirty more coefficients that are not needed cost next to nothing.
    assert lp.bits_per_sample(lp.tuned([train])[0], [test]) == pytest.approx(best, abs=0.02)


def test_an_adaptive_scale_follows_the_loudness():
    """Loud, then quiet noise costs the mean of both entropies; under a global scale it costs more."""
    loud_and_quiet = np.repeat([0.2, 0.002], 30_000)
    train, test = ([encoded(noise(60_000, loud_and_quiet, seed))] for seed in (0, 1))
    entropy = (entropy_of_codes(0.2) + entropy_of_codes(0.002)) / 2
    found = lp.tuned(train)[0]
    assert found.memory < 1 and "adaptive" in str(found)
    # With a memory of 0.98 the scale is known to 8 %, which costs 0.01 bit, and so does its fall.
    assert lp.bits_per_sample(found, test) == pytest.approx(entropy, abs=0.03)
    for density in lp.DENSITIES:
        global_scale = replace(found, density=density, memory=1.0).fitted_to(train)
        assert lp.bits_per_sample(global_scale, test) > entropy + 0.3


def test_weighted_squares_also_fit_the_quiet():
    """A loud clip with a = 0.5 and nine a hundred times quieter with a = 0.9."""
    clips = [
        signal.lfilter([1], [1, -a], noise(4_000, sigma, seed))
        for seed, (a, sigma) in enumerate([(0.5, 0.2), *9 * [(0.9, 0.002)]])
    ]
    assert lp.fit(clips, order=1)[0] == pytest.approx(0.5, abs=0.05)
    scales = [np.full(4_000, 0.2), *9 * [np.full(4_000, 0.002)]]
    # Expected: sum of n var a over sum of n var, with var = 1 / (1 - a^2) after dividing by scale.
    energy = np.array([1 / 0.75, *9 * [1 / 0.19]])
    expected = energy @ [0.5, *9 * [0.9]] / energy.sum()
    assert lp.fit(clips, 1, scales)[0] == pytest.approx(expected, abs=0.02)
    codes = [encoded(clip) for clip in clips]
    weighted = predictor(weighted=True).fitted_to(codes)
    assert weighted.coefficients[0] == pytest.approx(expected, abs=0.06)
    assert predictor().fitted_to(codes).coefficients[0] == pytest.approx(0.5, abs=0.05)


@both_domains
@pytest.mark.parametrize("memory", [1.0, 0.9])
def test_code_lengths_are_causal(domain, memory):
    codes = encoded(noise(400, 0.1))
    fixed = lp.Predictor(domain, memory=memory, level=0.1, coefficients=np.full(8, 0.1))
    before = fixed.code_lengths(codes)
    for t in (0, 1, 200, 399):
        changed = codes.copy()
        changed[t:] = (changed[t:] + 100) % 256
        after = fixed.code_lengths(changed)
        np.testing.assert_array_equal(after[:t], before[:t])
        assert (after[t:] != before[t:]).any()


def test_the_running_mean_is_the_recursion():
    errors, v, expected = np.abs(noise(50, 1.0)), 0.3, []
    for error in errors:
        expected.append(v)
        v = 0.9 * v + 0.1 * error
    np.testing.assert_allclose(lp.running(errors, 0.9, 0.3), expected)
    np.testing.assert_array_equal(lp.running(errors, 1.0, 0.3), np.full(50, 0.3))


def test_silence_stands_before_the_first_sample():
    np.testing.assert_array_equal(lp.lagged(np.array([1.0, 2, 3]), 2), [[0, 0], [1, 0], [2, 1]])


def test_fitting_to_each_clip_is_an_oracle():
    """Two sines of different pitch: one predictor for both has to compromise, one for each has not."""
    clips = [encoded(0.5 * np.sin(w * np.arange(4_000))) for w in (0.1, 1.3)]
    shared = predictor(np.zeros(2)).fitted_to(clips)
    for codes in clips:
        own = shared.fitted_to([codes])
        assert own.means_and_errors(codes)[1].std() < 0.2 * shared.means_and_errors(codes)[1].std()
    adapted = lp.tuned(clips, order=2, adapt=True)[0]
    assert lp.adapted_bits_per_sample(adapted, clips) < lp.bits_per_sample(shared, clips) - 1


def test_silence_can_be_fitted_and_costs_little():
    silent = np.full(1_000, 128)
    found = lp.tuned([silent])
    assert len(found) == 4 and all(np.isfinite(p.coefficients).all() for p in found)
    assert 0 <= lp.bits_per_sample(found[0], [silent]) < 0.1
