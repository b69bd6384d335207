"""The benchmark's clips are of unknown speakers, its controls and scores what they are said to be, its rows complete."""

import json
import math
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import signal, stats

from benchmarks import vocoder, vocoder_ways
from benchmarks.vocoder import pieces, recordings, wide_clips
from benchmarks.vocoder_scores import compare, gain, row, score_clip
from benchmarks.vocoder_ways import FrontEnd, by_command, istft_network, istft_ways
from tinyaudio import checkpoints
from tinyaudio.audio import load, save
from tinyaudio.checkpoints import TrainedRun
from tinyaudio.data.recorded import names, recording
from tinyaudio.data.speech_crops import HELD_OUT_SPEECH
from tinyaudio.data.voices import Voices
from tinyaudio.errors import UserError
from tinyaudio.metrics.pitch import f0_track
from tinyaudio.models.istft_vocoder import ISTFTVocoderConfig
from tinyaudio.recipes import load_recipe
from tinyaudio.recipes.istft_vocoder import RECIPE
from tinyaudio.represent.logmel import from_log_mel

RATE = 16_000
FRONT_ENDS = [FrontEnd(16_000, 1_024, 256), FrontEnd(8_000, 512, 64)]
ROW = {
    "pitch20",
    "pitch50",
    "log_mel_db",
    "log_stft_long_db",
    "log_stft_short_db",
    "hnr_high_error_db",
    "cpu_seconds_a_second",
}
NARROW = {
    "wavenet",
    "diffusion_6",
    "diffusion_50",
    "griffin_lim",
    "noise_with_levels",
    "clips",
}
WIDE = {
    "istft",
    "istft_untrained",
    "istft_no_rounds",
    "istft_gain",
    "griffin_lim",
    "noise_with_levels",
    "copy",
    "clips",
}


def tone(f0_hz, seconds=0.4, rate=RATE):
    """Harmonics up to 3.6 kHz."""
    phase = 2 * torch.pi * f0_hz * torch.arange(int(seconds * rate)) / rate
    return sum(torch.sin(k * phase) for k in range(1, int(3_600 / f0_hz)))[None] / 40


def istft_run(command="tinyaudio train istft-vocoder --data prompts", **changes):
    config = replace(
        RECIPE.tiny, model=ISTFTVocoderConfig(channels=8, n_blocks=1, n_rounds=1), **changes
    )
    torch.manual_seed(0)
    net = RECIPE.learners(config)[0].module.eval()
    torch.nn.init.normal_(net.head.weight, std=0.02)
    return TrainedRun(RECIPE, config, {"net": net}, {"command": command})


# ---------------------------------------------------------------------------- clips


def test_voices_are_of_speakers_that_training_has_not_met(monkeypatch):
    monkeypatch.setattr(vocoder, "N_VOICES", 2)
    clips = wide_clips(None, None)["voices"]
    items = [Voices(2, split="test", seed=vocoder.SPEAKERS_SEED)[i] for i in range(2)]
    assert vocoder.SPEAKERS_SEED != RECIPE.tiny.seed
    assert all(item["speaker"] % 10 == 9 for item in items)
    assert torch.equal(clips[1], items[1]["audio"])


def test_recordings_are_those_that_the_run_was_not_trained_on(tmp_path):
    def of_package(chosen):
        return [recording(name).audio.shape for name in chosen]

    others = [name for name in names("speech") if name not in HELD_OUT_SPEECH]
    assert [one.shape for one in recordings(istft_run(), None)] == of_package(others)
    own = istft_run("tinyaudio train istft-vocoder --out x")
    assert [one.shape for one in recordings(own, None)] == of_package(HELD_OUT_SPEECH)
    save(tmp_path / "sounds" / "one.wav", tone(200), RATE)
    assert [one.shape for one in recordings(own, tmp_path / "sounds")] == [(1, 6_400)]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no files"):
        recordings(own, tmp_path / "empty")


def test_pieces_are_whole_and_first_ones_come_first():
    sounds = [torch.full((1, 70_000), 0.1), torch.full((1, 33_000), 0.2), torch.zeros(1, 40_000)]
    found = pieces(sounds)
    assert [one.shape for one in found] == [(1, 32_000)] * 3
    assert [round(one[0, 0].item(), 1) for one in found] == [0.1, 0.2, 0.1]  # and no silence


# ---------------------------------------------------------------------------- ways


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_controls_keep_length_and_most_of_the_sound(front_end):
    rate = front_end.sample_rate
    clip = tone(210.0, 0.61, rate)
    track = f0_track(clip, rate)
    made = front_end.griffin_lim(clip)
    assert made.shape == clip.shape
    score = row([score_clip(made, clip, track, rate)], 0.0)
    assert score["pitch20"] > 0.8 and 0 < score["log_mel_db"] < 6


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_noise_has_the_levels_of_the_clip(front_end):
    """Band by band: of a noise that falls by 12 dB an octave, 20 dB louder in its second half."""
    draws = np.random.default_rng(0).standard_normal(16_000)
    falling = signal.lfilter([0.02], np.convolve([1, -0.9], [1, -0.9]), draws)
    clip = torch.from_numpy(falling * np.repeat([0.1, 1.0], 8_000)).float()[None]
    noise = front_end.noise_with_levels(clip)
    assert noise.shape == clip.shape
    assert torch.corrcoef(torch.cat([noise, clip]))[0, 1].abs() < 0.2
    mels = [from_log_mel(front_end.mel(one))[0] for one in (noise, clip)]
    n = mels[0].shape[1]
    for half in (slice(n // 20, n // 2 - n // 20), slice(n // 2 + n // 20, n - n // 20)):
        levels = [20 * mel[:, half].mean(1).log10() for mel in mels]
        assert levels[1].max() - levels[1].min() > 30
        assert (levels[0] - levels[1]).abs().max() < 3


def test_a_command_gets_each_clip_s_file(run_with):
    asked = []

    def generate(config, models, *, temperature=1.0, mel_of=None):
        asked.append(temperature)
        audio, _ = load(mel_of, config.sample_rate)
        return iter([audio[None, :, :100], audio[None, :, 100:], torch.zeros(1, 1, 9)])

    way = by_command(run_with(generate, 8_000), temperature=0.7)
    clip = tone(150, 0.1, 8_000)
    assert torch.equal(way(clip), clip) and asked == [0.7]


def test_ways_of_a_run_differ_by_what_is_switched_off():
    run, clip = istft_run(), tone(170.0)
    made = {name: way(clip) for name, way in istft_ways(run, ablations=True).items()}
    assert all(one.shape == clip.shape for one in made.values())
    names = list(made)
    for i, name in enumerate(names):
        assert all(not torch.equal(made[name], made[other]) for other in names[:i]), name
    assert torch.equal(istft_ways(run)["istft"](clip), made["istft"])  # nothing is random
    assert run.models["net"].config.n_rounds == 1  # and the run is left as it was


def test_runs_that_cannot_be_measured_are_refused(run_with):
    with pytest.raises(UserError, match="no option --mel-of"):
        istft_network(run_with(lambda config, models: []))
    with pytest.raises(UserError, match="a run at 8000 Hz"):
        istft_network(istft_run(sample_rate=8_000))


# ---------------------------------------------------------------------------- scores


def test_the_scores_of_known_sounds():
    clip = tone(210.0)
    track = f0_track(clip, RATE)

    def scored(made):
        return row([score_clip(made, clip, track, RATE)], 0.125)

    exact = scored(clip)
    assert exact == {
        "pitch20": 1.0,
        "pitch50": 1.0,
        "log_mel_db": 0.0,
        "log_stft_long_db": 0.0,
        "log_stft_short_db": 0.0,
        "hnr_high_error_db": 0.0,
        "cpu_seconds_a_second": 0.125,
    }
    off = scored(tone(210.0 * 2 ** (35 / 1200)))
    assert off["pitch20"] < 0.1 and off["pitch50"] > 0.9
    noise = 0.02 * torch.randn(clip.shape, generator=torch.manual_seed(0))
    noisy = scored(clip + noise)
    assert noisy["hnr_high_error_db"] > 5 and noisy["pitch20"] > 0.8
    silent = scored(torch.zeros_like(clip))
    assert silent["pitch50"] == 0 and silent["log_mel_db"] > 20


def test_frames_weigh_the_same_whatever_their_clip():
    part = dict.fromkeys(("log_mel_db", "log_stft_long_db", "log_stft_short_db"), 1.0)
    one = part | {"voiced": 1, "within20": 1, "within50": 1, "hnr_frames": 1, "hnr_error": 8.0}
    other = part | {"voiced": 3, "within20": 0, "within50": 1, "hnr_frames": 3, "hnr_error": 0.0}
    found = row([one, other], 0)
    assert (found["pitch20"], found["pitch50"], found["hnr_high_error_db"]) == (0.25, 0.5, 2.0)


def test_a_gain_is_the_paired_mean_with_student_s_interval():
    draws = np.random.default_rng(0)
    base, gained = draws.normal(5, 3, 12), draws.normal(0.4, 0.2, 12)  # pairs differ by little

    def scores(values):
        return [{"log_mel_db": v, "hnr_frames": 2, "hnr_error": 2 * v} for v in values]

    found = gain(scores(base - gained), scores(base))
    expected = stats.ttest_1samp(gained, 0).confidence_interval(0.95)
    for numbers in found.values():
        assert numbers["mean"] == pytest.approx(gained.mean(), abs=1e-3)
        assert numbers["interval"] == pytest.approx([expected.low, expected.high], abs=2e-3)
        assert numbers["clips"] == 12


def test_every_way_has_a_row_and_its_time():
    clips = [tone(200), tone(150)]
    rows, gained = compare(
        {"istft": lambda clip: clip, "istft_untrained": lambda clip: 0.5 * clip}, clips, RATE
    )
    assert set(rows) == {"istft", "istft_untrained"} and set(rows["istft"]) == ROW
    assert gained["log_mel_db"]["mean"] == pytest.approx(20 * math.log10(2), abs=1)  # the floor
    assert gained["hnr_high_error_db"]["mean"] == pytest.approx(0, abs=0.2)
    assert compare({"copy": lambda clip: clip}, clips, RATE)[1] == {}


# ---------------------------------------------------------------------------- tables


@pytest.fixture
def small(monkeypatch, one_thread):
    monkeypatch.setattr(vocoder, "N_NARROW", 1)
    monkeypatch.setattr(vocoder_ways, "ROUNDS", 2)
    clip = [tone(200, 0.2)]
    monkeypatch.setattr(vocoder, "wide_clips", lambda *_: {"voices": clip, "recorded": clip})
    monkeypatch.setattr(vocoder, "note_clips", lambda: {"notes": clip})


@pytest.mark.slow
def test_the_tables_are_complete(small, monkeypatch, capsys, run_with):
    def generate(config, models, *, temperature=1.0, mel_of=None):
        return iter([load(mel_of, config.sample_rate)[0][None]])

    narrow = run_with(generate, 8_000)
    config = {"seed": 0, "speaker": 1, "n_fft": 512, "hop_length": 64, "sample_rate": 8_000}
    narrow = replace(narrow, config=SimpleNamespace(**config))
    runs = {"narrow": narrow, "wide": istft_run(), "plain": istft_run(harmonics=False)}
    monkeypatch.setattr(checkpoints, "open_run", lambda place: runs[place])
    words = ["--json", "--run", "wide", "--narrow-run", "narrow", "--ablations", "--notes"]
    words += ["--notes-run", "plain", "--no-harmonics", "plain", "--diffusion-run", ""]
    monkeypatch.setattr(sys, "argv", ["vocoder", *words])
    vocoder.main()
    found = json.loads(capsys.readouterr().out)
    assert set(found["narrow"]) == NARROW
    assert found["narrow"]["diffusion_6"] is None and found["narrow"]["diffusion_50"] is None
    assert found["narrow"]["wavenet"]["log_mel_db"] == 0 and set(found["narrow"]["wavenet"]) == ROW
    ablations = {"no_noise", "no_matching", "start_refined", "start_alone", "no_harmonics"}
    assert set(found["wide"]) == WIDE | ablations
    for name in (WIDE | ablations) - {"clips", "istft_gain"}:
        assert set(found["wide"][name]["recorded"]) == set(found["wide"][name]["voices"]) == ROW
    assert set(found["wide"]["istft_gain"]["voices"]) == {"log_mel_db", "hnr_high_error_db"}
    assert set(found["notes"]) == WIDE and set(found["notes"]["istft"]) == {"notes"}


def test_rows_of_models_that_do_not_come_with_the_package_are_null(small, monkeypatch, capsys):
    monkeypatch.setattr(checkpoints, "shipped", lambda: [])
    monkeypatch.setattr(sys, "argv", ["vocoder", "--json"])
    vocoder.main()
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["narrow"]["wavenet"] is None and found["narrow"]["griffin_lim"]["pitch50"] > 0
    assert found["wide"]["istft"] is None and found["wide"]["istft_gain"] is None
    assert found["wide"]["copy"]["voices"]["pitch20"] == 1 and "notes" not in found
    assert len(err.splitlines()) == 3 and "its rows are null" in err
    vocoder.show(found)
    lines = capsys.readouterr().out.splitlines()
    assert sum("copy" in line for line in lines) == 2
    assert [line.split()[1] for line in lines if line.startswith("  wavenet")] == ["-"]


def test_a_diffusion_vocoder_has_a_row_of_6_and_one_of_50_steps(small, run_with, monkeypatch):
    steps = []

    def generate(config, models, *, mel_of=None, sampling_steps=50):
        steps.append(sampling_steps)
        return [load(mel_of, config.sample_rate)[0][None]]

    config = load_recipe("wavegrad").sizes["narrow"]
    rows = vocoder.narrow_table(None, 0.8, run_with(generate, config=config))
    assert set(rows) == NARROW and set(steps) == {6, 50}
    for name in ("diffusion_6", "diffusion_50"):
        assert rows[name]["log_mel_db"] == 0 and rows[name]["pitch20"] == 1
    with pytest.raises(UserError, match="--diffusion-run: speaker 2, and the narrow table's is 1"):
        vocoder.narrow_table(None, 0.8, run_with(generate, config=replace(config, speaker=2)))


def test_a_missed_target_is_said_to_be():
    few = vocoder.verdict("log_mel_db", {"mean": 0.3, "interval": None})
    assert few.endswith("too few clips to tell")
    met = {"mean": 0.3, "interval": [0.1, 0.5]}
    assert vocoder.verdict("log_mel_db", met).endswith("target 0.25 met")
    for missed in ({"mean": 0.3, "interval": [-0.1, 0.7]}, {"mean": 0.2, "interval": [0.1, 0.3]}):
        assert vocoder.verdict("log_mel_db", missed).endswith("missed")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--run", "causal-notes"], "no option --mel-of"),
        (["--run", "nowhere"], "no such folder"),
    ],
)
def test_a_run_of_another_kind_is_refused_in_one_line(small, monkeypatch, words, message):
    monkeypatch.setattr(sys, "argv", ["vocoder", *words])
    with pytest.raises(SystemExit, match=message):
        vocoder.main()
