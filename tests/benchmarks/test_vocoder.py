"""The benchmark scores held-out speech, every way back from the same mel spectrogram."""

import json
import sys

import pytest
import torch

from benchmarks import vocoder
from benchmarks.vocoder import compare, griffin_lim, held_out, mu_law, score, told_of, vocoded
from tinyaudio import checkpoints
from tinyaudio.data.voices import SPLITS, Voices
from tinyaudio.metrics.pitch import f0_track
from tinyaudio.models.wavenet import WaveNet
from tinyaudio.recipes.vocoder import Config, condition_of
from tinyaudio.represent import mulaw
from tinyaudio.represent.logmel import log_mel
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native import native

RATE = 16_000


@pytest.fixture
def net():
    torch.manual_seed(0)
    net = WaveNet(Config.tiny().model).eval()
    torch.nn.init.normal_(net.logits.weight, std=0.1)  # so that what it is told matters
    return net


def tone(f0_hz, seconds=0.4):
    phase = 2 * torch.pi * f0_hz * torch.arange(int(seconds * RATE)) / RATE
    return sum(torch.sin(k * phase) / k for k in range(1, 9))[None] / 4


def test_the_speakers_are_held_out(monkeypatch):
    monkeypatch.setattr(vocoder, "N_VOICES", 2)
    for validation, split in ((False, "test"), (True, "valid")):
        clips = held_out(validation)
        speakers = [Voices(2, split=split)[i][1]["speaker"] for i in range(2)]
        assert all(speaker % 10 in SPLITS[split] for speaker in speakers)
        assert torch.equal(clips["voices"][1], Voices(2, split=split)[1][0])
        assert ("recorded" in clips) != validation
    assert len(held_out()["recorded"]) == 2


def test_a_batch_of_clips_is_each_clip_on_its_own(net):
    clips = [tone(200, 0.03), tone(150, 0.05), tone(120, 0.021)]
    together = vocoded(net, told_of(clips), clips, 1.0)
    assert [one.shape for one in together] == [clip.shape for clip in clips]
    for seed, (clip, drawn) in enumerate(zip(clips, together, strict=True)):
        told = Conditioned(net, condition_of(log_mel(clip[None], RATE), RATE))
        alone = mulaw.decode(native(told, clip.shape[1], [seed]))
        assert torch.equal(alone, drawn)


def test_ways_back_keep_length_and_most_of_the_sound():
    clips = [tone(210.0)]
    track = f0_track(clips[0], RATE)
    by_phase = score(griffin_lim(clips), clips, [track])
    by_levels = score(mu_law(clips), clips, [track])
    assert by_phase["pitch_share_both"] > 0.9 and by_levels["pitch_share"] == 1
    assert 0 < by_levels["log_mel_db"] < by_phase["log_mel_db"] < 6


def test_what_the_numbers_mean():
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


def test_compare_has_every_temperature(net):
    found = compare(net, [tone(200, 0.1)], [1.0, 0.8])
    kinds = {"wavenet", "mean", "equalized"}
    assert set(found) >= {f"{kind}_at_{heat}" for kind in kinds for heat in ("1", "0.8")}
    assert set(found) >= {"noise", "griffin_lim", "mu_law"}
    assert found["equalized_at_1"]["log_mel_db"] < found["mean_at_1"]["log_mel_db"]
    assert found["clips"] == 1 and found["seconds"] == 0.1 and found["voiced_frames"] > 0


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--validation", "--temperature", "0.7"]])
def test_the_command(net, arguments, monkeypatch, capsys):
    monkeypatch.setattr(checkpoints, "pretrained", lambda name: net)
    clips = {"voices": [tone(200, 0.05)], "recorded": [tone(120, 0.05)]}
    monkeypatch.setattr(vocoder, "held_out", lambda validation: clips)
    monkeypatch.setattr(sys, "argv", ["vocoder", *arguments])
    vocoder.main()
    printed = capsys.readouterr().out
    if arguments == ["--json"]:
        found = json.loads(printed)
        assert found["recorded"]["wavenet_at_1"].keys() == found["voices"]["mu_law"].keys()
    else:
        assert f"wavenet_at_{'0.7' if arguments else 1}" in printed and "mu_law" in printed
