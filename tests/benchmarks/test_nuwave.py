"""The benchmark of NU-Wave's condition at a small size: every key, and that no bit differs."""

import json
import sys

import torch

from benchmarks import nuwave
from tinyaudio.models.nuwave import NuWave, NuWaveConfig


def test_the_command(one_thread, monkeypatch, capsys):
    monkeypatch.setattr(NuWaveConfig, "paper", NuWaveConfig.tiny)
    monkeypatch.setattr(nuwave, "PAIRS", 1)
    monkeypatch.setattr(sys, "argv", ["nuwave", "--json", "--samples", "500"])
    nuwave.main()
    found = json.loads(capsys.readouterr().out)
    assert found["max_difference"] == 0 and found["steps"] == 8
    assert found["cached_over_recomputed"] > 0
    assert 1 / 8 < found["exact_mac_ratio"] < 1


def test_a_stale_condition_would_be_found():
    """The difference that is 0 for the same condition is large for another one."""
    torch.manual_seed(0)
    network = NuWave(NuWaveConfig.tiny())
    low, other = torch.randn(2, 1, 1, 200)
    with torch.no_grad():
        wanted = nuwave.generation(network, 200, low)
        kept, stale = (nuwave.generation(network.with_low(one), 200) for one in (low, other))
    assert torch.equal(kept, wanted)
    assert (stale - wanted).abs().max() > 0.01
