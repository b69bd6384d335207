"""The benchmark of the quantizer measures what its keys name; without the peer its keys are null."""

import importlib.util
import json
import sys

import pytest
import torch

from benchmarks import quantizer

KEYS = {
    "perplexity_fraction",
    "perplexity_over_peer_best",
    "mse_over_peer_best",
    "step_time_over_peer",
    "targets",
    "toy",
    "real",
    "cpu",
}


@pytest.fixture
def quick(monkeypatch, one_thread):
    monkeypatch.setattr(quantizer, "STEPS", {"toy": 3, "real": 3})
    monkeypatch.setattr(quantizer, "SEEDS", (0,))
    monkeypatch.setattr(quantizer, "PEERS", quantizer.PEERS[-1:])
    monkeypatch.setattr(quantizer, "OURS", quantizer.OURS[:1])
    for name, n in [("N_HELD_OUT", 2_048), ("ROUNDS", 1), ("STEPS_A_ROUND", 1)]:
        monkeypatch.setattr(quantizer, name, n)
    latents = torch.randn(2_000, 16, generator=torch.manual_seed(0))
    monkeypatch.setattr(quantizer, "voice_latents", lambda: (latents, latents[:500]))
    monkeypatch.setattr(sys, "argv", ["quantizer", "--json"])


def test_both_sides_are_measured(quick, capsys):
    quantizer.main()
    found = json.loads(capsys.readouterr().out)
    assert set(found) == KEYS
    toy = found["toy"]
    assert found["perplexity_fraction"] == pytest.approx(toy["ours"]["perplexity"] / 256, rel=1e-3)
    ratio = toy["ours"]["mse"] / toy["peer_best"]["mse"]
    assert found["mse_over_peer_best"] == pytest.approx(ratio, rel=1e-3)
    assert found["step_time_over_peer"] > 0
    assert toy["ours"]["setting"] == {"dead": 0.1} and toy["peer_default"]["setting"] == {}
    assert 0 < found["real"]["perplexity_over_peer_best"] < 5


def test_without_the_peer_its_keys_are_null(quick, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    quantizer.main()
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert set(found) == KEYS
    assert {found[key] for key in KEYS if "peer" in key} == {None}
    assert found["toy"]["peer_best"] is None and found["toy"]["ours"]["perplexity"] > 100
    assert "pip install vector-quantize-pytorch" in printed.err


def test_the_best_setting_is_chosen_on_the_validation_seed(quick, monkeypatch):
    """Not on the seeds that are reported."""
    seeds = []

    def steps(batches, n_channels, dead=0.3):
        def quantize(latents):
            return latents + dead, torch.zeros(len(latents), dtype=torch.long)

        for _ in batches:
            yield quantize

    def scores_of(kind, voices, steps, setting, seed):
        seeds.append((setting.get("dead"), seed))
        return original(kind, voices, steps, setting, seed)

    original = quantizer.scores_of
    monkeypatch.setattr(quantizer, "scores_of", scores_of)
    monkeypatch.setattr(quantizer, "our_steps", steps)
    monkeypatch.setattr(quantizer, "OURS", [{"dead": 0.5}, {"dead": 0.1}])
    found = quantizer.table("toy", None, with_peer=False)
    assert found["ours"]["setting"] == {"dead": 0.1}
    assert seeds == [(0.5, 100), (0.1, 100), (0.1, 0), (None, 0)]
    assert (
        found["ours"]["mse"] == pytest.approx(0.01, rel=1e-3) and found["ours"]["perplexity"] == 1
    )
