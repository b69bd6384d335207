"""The benchmark of NU-Wave's condition at a small size: every key, and that no bit differs."""

import json
import sys

import pytest
import torch

from benchmarks import nuwave
from tinyaudio.models.nuwave import NuWaveConfig


def test_the_command(one_thread, monkeypatch, capsys):
    monkeypatch.setattr(NuWaveConfig, "paper", NuWaveConfig.tiny)
    monkeypatch.setattr(nuwave, "PAIRS", 1)
    monkeypatch.setattr(sys, "argv", ["nuwave", "--json", "--samples", "500"])
    nuwave.main()
    found = json.loads(capsys.readouterr().out)
    assert found["max_difference"] == 0 and found["steps"] == 8
    assert found["cached_over_recomputed"] > 0
    assert 1 / 8 < found["exact_mac_ratio"] < 1


def test_the_generation_takes_a_known_noise_away():
    """Of a silent clip: a network that knows the noise of every step leaves silence, the largest level first."""
    noise = torch.randn(1, 1, 100, generator=torch.manual_seed(0))
    seen = []

    def denoise(x, level):
        seen.append(float(level))
        return x / (1 - level.square()).sqrt()  # the noise, if the clip is silent

    out = nuwave.generation(denoise, noise)
    assert seen == sorted(seen) and seen[0] == pytest.approx(0.298, abs=1e-3)
    assert out.abs().max() < 1e-3 * noise.abs().max()


def test_a_stale_condition_would_be_found():
    torch.manual_seed(0)
    from tinyaudio.models.nuwave import NuWave

    network = NuWave(NuWaveConfig.tiny())
    noise, low, other = torch.randn(3, 1, 1, 200)
    with torch.no_grad():
        wanted = nuwave.generation(lambda x, level: network(x, level, low), noise)
        stale = nuwave.generation(network.with_low(other), noise)
    assert (stale - wanted).abs().max() > 0.01
