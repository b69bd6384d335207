"""The benchmark of speed measures what its keys name; what is not installed is null."""

import json
import sys
import time

import pytest

from benchmarks import timing, wavenet, wavenet_peer
from tinyaudio.models.wavenet import WaveNetConfig
from tools.book import ROOT

KEYS = {
    "native_over_r9y9",
    "cached_over_r9y9",
    "native_over_naive",
    "native_max_logit_error",
    "cached_max_logit_error",
    "train_step_over_r9y9",
    "fused_step_over_r9y9",
    "fused_step_over_pytorch",
    "fused_samples_per_second",
    "fused_path",
    "fused_gradient_error",
    "fused_curve_difference_bits",
    "samples_per_second",
    "read_gb_per_s",
    "gflop_per_s",
    "native_bytes_per_sample",
    "native_read_bound",
    "native_over_read_bound",
    "parameters",
    "gpu",
    "threads",
    "simd_width",
    "cpu",
}


@pytest.fixture
def quick(monkeypatch, one_thread):
    for name, n in [("N_NAIVE", 1), ("N_CACHED", 8), ("N_NATIVE", 32)]:
        monkeypatch.setattr(wavenet, name, n)
    for name, n in [("ROUNDS", 1), ("TRAINING_ROUNDS", 1), ("N_SCORED", 40), ("N_CURVE", 10)]:
        monkeypatch.setattr(wavenet, name, n)


@pytest.mark.slow
def test_without_the_peer_its_keys_are_null(quick, monkeypatch, capsys):
    monkeypatch.setattr(wavenet, "peer", lambda config: None)
    monkeypatch.setattr(sys, "argv", ["wavenet", "--json"])
    wavenet.main()
    found = json.loads(capsys.readouterr().out)
    assert set(found) == KEYS
    assert {found[k] for k in KEYS if k.endswith("r9y9")} == {None}
    assert found["samples_per_second"]["r9y9"] is None and found["parameters"]["r9y9"] is None
    assert found["native_over_naive"] > 1 and found["threads"] == 1
    bound = found["read_gb_per_s"] * 1e9 / found["native_bytes_per_sample"]
    assert found["native_read_bound"] == pytest.approx(bound, rel=1e-3)
    by_bound = found["samples_per_second"]["native"] / bound  # of one round
    assert found["native_over_read_bound"] == pytest.approx(by_bound, rel=1e-3)
    assert found["fused_curve_difference_bits"] < 0.02
    errors = found["fused_gradient_error"]
    assert 0 < errors["fused"] <= 1.5 * errors["bfloat16"]
    assert all(error <= 1e-5 for name, error in found.items() if name.endswith("logit_error"))


def test_a_missing_peer_is_named(monkeypatch, capsys):
    monkeypatch.setattr(wavenet_peer.importlib.util, "find_spec", lambda name: None)
    assert wavenet_peer.peer(WaveNetConfig.wn30()) is None
    assert "pip install --no-deps wavenet_vocoder" in capsys.readouterr().err


def test_a_rate_counts_work_and_not_waiting():
    def half():
        time.sleep(0.2)  # takes no CPU time
        start = time.thread_time()
        while time.thread_time() - start < 0.05:
            pass

    assert 150 < timing.rate(half, 10) <= 201


def test_a_ratio_pairs_the_rounds():
    assert timing.ratio([2.0, 40.0, 3.0], [1.0, 10.0, 1.0]) == 3.0
    assert timing.ratio([], [1.0]) is None and timing.ratio([1.0], []) is None


def test_bytes_of_a_sample_are_those_of_the_sizes():
    """By hand for WN30: every weight and bias once, but the past taps, read every min(d, 16) samples."""
    from tinyaudio.samplers.native.step import NativeStep

    net = wavenet.network()
    present, past = 128 * 64, 128 * 64 + 128
    layers = 30 * present + 3 * past * (1 + 1 / 2 + 1 / 4 + 1 / 8 + 6 / 16) + 29 * (64 * 64 + 64)
    head = 256 * 1920 + 256 + 2 * (256 * 256 + 256)
    assert NativeStep(net, 1).bytes_per_sample == round(4 * (layers + head))
    assert NativeStep(net, 16).bytes_per_sample == 4 * (30 * (present + past) + 29 * 4160 + head)


def test_chapter_7_quotes_the_record():
    """Three digits in its cells, two in its table; both are the run's, in both languages."""
    text = (ROOT / "book" / "src" / "making_it_fast.md").read_text(encoding="utf-8")
    run = json.loads((ROOT / "book" / "records" / "wavenet-speed.json").read_text())
    speed = run["samples_per_second"]

    def typed(name):
        return f"{round(float(f'{speed[name]:.3g}')):_}"

    assert f"P, W = {run['gflop_per_s']:.3g}e9, {run['read_gb_per_s']:.3g}e9" in text
    one, four, sixteen = (typed(name) for name in ("native", "native_4", "native_16"))
    assert f"by_native = {{1: {one}, 4: {four}, 16: {sixteen}}}" in text
    assert f"by_cached = {{1: {typed('cached')}, 16: {typed('cached_16')}}}" in text
    assert f"WaveNetConfig.tiny(), {typed('tiny_native')})" in text
    for name in ("r9y9", "naive", "cached", "native", "tiny_native"):
        row = f"| {float(f'{speed[name]:.2g}'):,g} | `wavenet-speed.json` |"
        assert text.count(row) == 2, row
