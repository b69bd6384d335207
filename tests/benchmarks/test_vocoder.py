"""The benchmark scores held-out speech, every way back from the same mel spectrogram."""

import json
import sys

import numpy as np
import pytest
import torch
from scipy import signal

from benchmarks import vocoder
from benchmarks.vocoder import griffin_lim, held_out, mu_law, noise_with_levels, score, vocoded
from tinyaudio.audio import load
from tinyaudio.checkpoints import TrainedRun
from tinyaudio.data.voices import SPLITS, Voices
from tinyaudio.metrics.pitch import f0_track
from tinyaudio.models.condition import Condition
from tinyaudio.models.wavenet import WaveNet
from tinyaudio.recipes.vocoder import RECIPE
from tinyaudio.represent import mulaw
from tinyaudio.represent.logmel import from_log_mel, log_mel
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native import native

RATE = 16_000


def tone(f0_hz, seconds=0.4):
    phase = 2 * torch.pi * f0_hz * torch.arange(int(seconds * RATE)) / RATE
    return sum(torch.sin(k * phase) / k for k in range(1, 9))[None] / 4


@pytest.mark.parametrize(("validation", "split"), [(False, "test"), (True, "valid")])
def test_the_speakers_are_held_out(validation, split, monkeypatch):
    monkeypatch.setattr(vocoder, "N_VOICES", 2)
    clips = held_out(validation)
    items = [Voices(2, split=split)[i] for i in range(2)]
    assert all(item["speaker"] % 10 in SPLITS[split] for item in items)
    assert torch.equal(clips["voices"][1], items[1]["audio"])
    assert len(clips.get("recorded", [])) == (0 if validation else 2)


def test_a_run_gets_each_clips_mel_and_a_seed_of_its_own():
    torch.manual_seed(0)
    net = WaveNet(RECIPE.tiny.model).eval()
    torch.nn.init.normal_(net.logits.weight, std=0.1)  # so that the condition matters
    run = TrainedRun(RECIPE, RECIPE.tiny, {"net": net}, {})
    clips = [tone(200, 0.03), tone(150, 0.05), tone(120, 0.021)]
    generated = vocoded(run, clips, 0.9)
    assert [one.shape for one in generated] == [clip.shape for clip in clips]
    for seed, (clip, found) in enumerate(zip(clips, generated, strict=True)):
        frames = log_mel(clip[None], RATE)[:, :, : -(-clip.shape[1] // 256)]
        codes = native(Conditioned(net, Condition(frames=frames)), clip.shape[1], [seed], 0.9)
        assert torch.equal(mulaw.decode(codes), found)


def test_controls_keep_length_and_most_of_the_sound():
    clips = [tone(210.0, seconds=0.41)]
    track = f0_track(clips[0], RATE)
    by_phase = score(griffin_lim(clips), clips, [track])
    by_levels = score(mu_law(clips), clips, [track])
    assert by_phase["pitch_share_both"] > 0.9 and by_levels["pitch_share"] == 1
    assert 0 < by_levels["log_mel_db"] < by_phase["log_mel_db"] < 6


def test_noise_has_the_levels_of_the_clip():
    """Band by band: of a noise that falls by 12 dB an octave, 20 dB louder in its second half."""
    draws = np.random.default_rng(0).standard_normal(16_000)
    falling = signal.lfilter([0.02], np.convolve([1, -0.9], [1, -0.9]), draws)
    clip = torch.from_numpy(falling * np.repeat([0.1, 1.0], 8_000)).float()[None]
    (noise,) = noise_with_levels([clip])
    assert noise.shape == clip.shape
    assert torch.corrcoef(torch.cat([noise, clip]))[0, 1].abs() < 0.2
    for half in (slice(2, 29), slice(34, 61)):  # frames
        mels = [from_log_mel(log_mel(one[None], RATE))[0, :, half] for one in (noise, clip)]
        levels = [20 * mel.mean(1).log10() for mel in mels]
        assert levels[1].max() - levels[1].min() > 30
        assert (levels[0] - levels[1]).abs().max() < 3


def test_the_scores_of_known_sounds():
    clips = [tone(210.0), tone(140.0)]
    tracks = [f0_track(clip, RATE) for clip in clips]
    exact = score(clips, clips, tracks)
    assert exact == {
        "pitch_share": 1.0,
        "pitch_share_both": 1.0,
        "octave_free": 1.0,
        "log_mel_db": 0.0,
    }
    octave = score([tone(420.0), tone(140.0)], clips, tracks)
    assert octave["pitch_share"] == pytest.approx(0.5, abs=0.05)
    assert octave["octave_free"] > 0.9
    semitone = score([tone(210.0 * 2 ** (1 / 12)), torch.zeros(1, 6_400)], clips, tracks)
    assert semitone["pitch_share"] == semitone["pitch_share_both"] == 0
    silent = score([torch.zeros(1, 6_400)] * 2, clips, tracks)
    assert silent["pitch_share"] == 0 and silent["pitch_share_both"] is None


def perfect_when_cold(config, models, *, seconds=None, seeds=(0,), temperature=1.0, mel_of=None):
    """The clip itself at temperature 0, silence else."""
    clip, _ = load(mel_of, config.sample_rate)
    return iter([clip[None] * (temperature == 0)])


CLIPS = {"voices": [tone(200, 0.1), tone(150, 0.1)], "recorded": [tone(120, 0.1)]}
CONTROLS = {"noise_with_levels", "griffin_lim", "mu_law", "copy"}


@pytest.fixture
def two_kinds(monkeypatch, one_thread):
    monkeypatch.setattr(vocoder, "held_out", lambda validation: CLIPS)


def test_runs_stand_beside_the_controls_at_every_temperature(
    two_kinds, open_as, run_with, monkeypatch, capsys
):
    open_as(a=run_with(perfect_when_cold), b=run_with(perfect_when_cold))
    arguments = ["--run", "a", "b", "--temperature", "0", "1"]
    monkeypatch.setattr(sys, "argv", ["vocoder", "--json", *arguments])
    vocoder.main()
    found = json.loads(capsys.readouterr().out)
    assert found["runs"] == ["a", "b"] and found["within_cents"] == vocoder.WITHIN_CENTS
    for kind, clips in CLIPS.items():
        rows = {name: row for name, row in found[kind].items() if isinstance(row, dict)}
        assert set(rows) == CONTROLS | {"a_at_0", "a_at_1", "b_at_0", "b_at_1"}
        assert rows["a_at_0"] == rows["copy"] != rows["a_at_1"] == rows["b_at_1"]
        assert rows["a_at_1"]["pitch_share"] == 0 < rows["mu_law"]["pitch_share"]
        assert found[kind]["clips"] == len(clips) and found[kind]["voiced_frames"] > 0


def test_without_a_run_there_are_only_controls(two_kinds, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["vocoder"])
    vocoder.main()
    out, err = capsys.readouterr()
    assert {line.split()[0] for line in out.splitlines() if line.startswith("  ")} == CONTROLS
    assert err.strip() == "no --run: only the controls are measured"


def test_a_run_without_a_mel_is_refused_in_one_line(two_kinds, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["vocoder", "--run", "causal-notes"])
    with pytest.raises(SystemExit, match=r"autoregressive cannot .* no option --mel-of$"):
        vocoder.main()
