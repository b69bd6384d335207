"""The benchmark's clips are unknown to training, its systems and scores what they are said to be, its rows complete."""

import json
import sys

import pytest
import torch
from scipy import stats

from benchmarks import upsampling, upsampling_clips, upsampling_systems
from benchmarks.upsampling import LOW_BAND, rows_of, systems_of
from benchmarks.upsampling_clips import Clip, recordings, voice_clip, voices
from benchmarks.upsampling_scores import FEW_KEYS, KEYS, paired, row, score
from benchmarks.upsampling_systems import (
    RidgeNoise,
    by_command,
    by_spline_network,
    interpolations,
    noise_of_levels,
    oracle_envelope,
    oracle_magnitude,
)
from tinyaudio.audio import save
from tinyaudio.checkpoints import TrainedRun
from tinyaudio.data.speech.speakers import speaker
from tinyaudio.data.upsampling_crops import low_rate
from tinyaudio.errors import UserError
from tinyaudio.metrics.high_band import high_band_energy_db
from tinyaudio.models.audiounet import AudioUNet, AudioUNetConfig
from tinyaudio.models.high_band_ridge import band_levels
from tinyaudio.recipe import networks
from tinyaudio.recipes import load_recipe
from tinyaudio.represent.band_split import split_bands

RATIOS = pytest.mark.parametrize("ratio", [2, 3])


@pytest.fixture(scope="module")
def clip():
    return voice_clip(9, 11, "test")


@pytest.fixture
def short_fit(monkeypatch):
    """A ridge regression of few, short sounds."""
    monkeypatch.setattr(upsampling_systems, "N_FIT", 8)
    monkeypatch.setattr(upsampling_systems, "FIT_SAMPLES", 24_000)
    monkeypatch.setattr(upsampling_systems, "N_FIT_SOUNDS", 3)


# ---------------------------------------------------------------------------- clips


def test_no_speaker_is_one_of_training():
    """Other seeds than 0 have other speakers, and 24 clips are of as many of them."""
    found = voices(24)
    assert len({one.name for one in found}) == 24 and 0 not in upsampling_clips.SPEAKER_SEEDS
    known = {speaker(i, seed=0) for i in range(100)}
    tested = {speaker(i, seed=s) for s in upsampling_clips.SPEAKER_SEEDS for i in range(9, 100, 10)}
    valid = {speaker(i, seed=upsampling_clips.VALID_SEED) for i in range(8, 100, 10)}
    assert not known & tested and not tested & valid and len(tested) == 30


def test_a_voice_has_its_pitch_where_it_is_voiced_and_noise_where_it_is_silent(clip):
    assert clip.audio.shape[1] % 6 == 0 and len(clip.f0_hz) == 1 + clip.audio.shape[1] // 256
    silence = clip.audio[:, :6_000]
    assert 20 * silence.square().mean().sqrt().log10() == pytest.approx(-75, abs=0.3)
    assert clip.f0_hz[:20].isnan().all() and 0.2 < clip.f0_hz.isfinite().float().mean() < 0.9
    n = int(clip.f0_hz.isfinite().nonzero()[10])  # a period later the voice repeats itself
    frame = clip.audio[0, 256 * n - 1_024 : 256 * n + 1_024]
    period = round(48_000 / float(clip.f0_hz[n]))
    later = clip.audio[0, 256 * n - 1_024 + period : 256 * n + 1_024 + period]
    assert torch.corrcoef(torch.stack([frame, later]))[0, 1] > 0.8


def test_recordings_keep_their_rate_and_need_a_top_band(tmp_path):
    torch.manual_seed(0)
    noise = 0.1 * torch.randn(1, 90_001)
    save(tmp_path / "a-good.wav", noise, 44_100)
    save(tmp_path / "b-low-rate.wav", noise, 32_000)
    save(tmp_path / "c-soft.wav", 0.01 * noise, 48_000)
    save(tmp_path / "d-dull.wav", split_bands(noise, 48_000, 9_000)[0], 48_000)
    save(tmp_path / "e-short.wav", noise[:, :900], 48_000)
    (tmp_path / "f-text.txt").write_text("no sound")
    found = recordings(tmp_path, tmp_path)
    assert [(one.sample_rate, one.audio.shape) for one in found] == [(44_100, (1, 70_560))]
    with pytest.raises(UserError, match="no sound of"):
        recordings(tmp_path / "none", tmp_path)


@pytest.mark.slow
def test_packages_are_found_where_they_are_unpacked(tmp_path):
    torch.manual_seed(0)
    for n, place in enumerate(("sounds/alsa/Front.wav", "klettres/xy/alpha/a.ogg")):
        save(tmp_path / "usr/share" / place, 0.1 * torch.randn(1, 60_000 + n), 48_000)
    names = [one.name for one in recordings(None, tmp_path)]
    assert names[-2:] == ["sounds-alsa-Front.wav", "xy-alpha-a.ogg"] and "tabla-loop" in names


# ---------------------------------------------------------------------------- systems


@RATIOS
def test_noise_has_the_levels_that_it_is_given(ratio):
    levels = -4 - 0.1 * torch.arange(12.0)[:, None] + torch.zeros(12, 200)
    n = 512 * ratio * 24
    noise = noise_of_levels(levels, n, ratio)
    found = band_levels(noise[None], 512 * ratio, 128 * ratio, 12, 1 / ratio)[0]
    assert torch.allclose(found[:, 8:-8].mean(dim=1), levels[:, 0], atol=0.1)
    low, high = split_bands(noise, 48_000, 24_000 / ratio)
    assert low.norm() < 0.1 * high.norm()


@pytest.mark.parametrize("ratio", [3, pytest.param(2, marks=pytest.mark.slow)])
def test_the_oracles_have_the_right_high_band_and_the_sinc_s_low_one(ratio, clip):
    low = low_rate(clip.audio, ratio, "sinc")
    sinc = interpolations()["sinc"](low, None, 48_000, ratio)
    for system, most in ((oracle_envelope, 1.0), (oracle_magnitude, 0.05)):
        made = system(low, clip.audio, 48_000, ratio)
        assert abs(high_band_energy_db(made, clip.audio, 48_000, 24_000 / ratio)) < most
        bands = [split_bands(one, 48_000, 23_000 / ratio)[0] for one in (made, sinc)]
        assert torch.allclose(*bands, atol=1e-5)
        assert score(made, clip, ratio, FEW_KEYS)["high_band_envelope_db"] < 3


def test_the_ridge_beats_the_sinc_and_its_gain_is_the_best_that_was_tried(short_fit, clip):
    ridge = RidgeNoise(3)
    low = low_rate(clip.audio, 3, "sinc")

    def error(system):
        return score(system(low, None, 48_000, 3), clip, 3, FEW_KEYS)["high_band_envelope_db"]

    chosen = ridge.tune([clip], 3)
    errors = {}
    for ridge.gain_db in upsampling_systems.GAINS_DB:
        errors[ridge.gain_db] = error(ridge)
    assert errors[chosen] == min(errors.values()) < 0.5 * error(interpolations()["sinc"])
    assert min(errors) < chosen < max(errors)


@pytest.mark.slow
def test_a_ridge_that_has_seen_a_filter_is_nearer_with_it(short_fit, clip):
    low = low_rate(clip.audio, 3, "butterworth")
    one, all_filters = RidgeNoise(3), RidgeNoise(3, ("sinc", "butterworth"))
    errors = [
        score(ridge(low, None, 48_000, 3), clip, 3, FEW_KEYS)["high_band_envelope_db"]
        for ridge in (one, all_filters)
    ]
    assert errors[1] < errors[0] - 3
    assert all_filters.tune([clip], 3) in upsampling_systems.GAINS_DB


def trained(name, **settings):
    from dataclasses import replace

    recipe = load_recipe(name)
    config = replace(recipe.tiny, **settings)
    return TrainedRun(recipe, config, networks(recipe.learners(config)), {})


def test_networks_by_their_input_and_runs_by_their_command(clip):
    run = trained("audiounet", model=AudioUNetConfig(8, 2, 9))
    torch.nn.init.zeros_(run.models["net"].last.weight)
    low = low_rate(clip.audio, 3, "sinc")
    made = by_spline_network(run, "net", 3)(low, None, 48_000, 3)
    assert torch.equal(made, interpolations()["spline"](low, None, 48_000, 3))
    by_file = by_command(run, 3)(low, None, 44_100, 3)  # which has the sinc's low band
    assert by_file.shape == made.shape
    assert torch.allclose(by_file[:, 5_000:-5_000], made[:, 5_000:-5_000], atol=0.1)
    with pytest.raises(UserError, match="is no upsampler of ratio 2"):
        by_spline_network(run, "net", 2)
    with pytest.raises(UserError, match="is no upsampler"):
        by_command(trained("wavegan"), 3)
    assert isinstance(run.models["net"], AudioUNet)


# ---------------------------------------------------------------------------- scores and rows


def test_the_sound_itself_and_silence_in_all_measures(clip):
    right = score(clip.audio, clip, 3)
    assert tuple(right) == KEYS and right["snr_db"] == float("inf")
    assert right["lsd"] == right["high_band_envelope_db"] == right["high_band_hnr_error_db"] == 0
    assert right["noise_in_silence_db"] == pytest.approx(-75, abs=0.5)
    silent = score(torch.zeros_like(clip.audio), clip, 3, FEW_KEYS)
    assert silent["snr_db"] == 0 and silent["high_band_energy_db"] == -120


def test_means_leave_out_what_has_no_measure():
    nan = float("nan")
    assert row([{"a": 1.0, "b": nan, "c": nan}, {"a": 2.0, "b": 4.0, "c": nan}]) == {
        "a": 1.5,
        "b": 4.0,
        "c": None,
    }


def test_the_interval_is_that_of_a_paired_t_test():
    one, other = torch.randn(2, 24, generator=torch.Generator().manual_seed(0)).tolist()
    found = paired([{"a": v} for v in one], [{"a": v} for v in other], "a")
    test = stats.ttest_rel(one, other).confidence_interval(0.95)
    assert (found["low"], found["high"]) == pytest.approx((test.low, test.high), abs=1e-3)
    assert found["mean"] == pytest.approx((found["low"] + found["high"]) / 2, abs=1e-3)


def test_every_system_has_a_row_and_is_null_without_a_run(short_fit, clip):
    ridge = RidgeNoise(3)
    ridges = {"ridge_noise": ridge, "ridge_noise_all_filters": ridge}
    unet = trained("audiounet", model=AudioUNetConfig(8, 2, 9))
    systems = systems_of(3, ridges, {"unet_x3": unet})
    assert [name for name, one in systems.items() if one is None] == [
        "mugan",
        "nuwave_1x1",
        "nuwave",
        "whitened",
        "whitened_ancestral",
    ]
    short = Clip("short", clip.audio[:, 20_000:38_000], 48_000, clip.f0_hz[78:149])
    rows, scores = rows_of(systems, [short], 3, keys=FEW_KEYS)
    assert list(rows) == list(LOW_BAND) and rows["nuwave"] is None and "nuwave" not in scores
    assert rows["unet"]["low_band"] == "generated"
    assert upsampling.gain_over_ridge(scores) is None
    before = {**rows, "sinc": {"snr_db": 1.0}, "unet": None}
    again, _ = rows_of(systems, [short], 3, keys=FEW_KEYS, kept=before)
    assert again["sinc"] == {"snr_db": 1.0} and again["unet"]["snr_db"] == rows["unet"]["snr_db"]
    scores["whitened"] = [{"high_band_envelope_db": 1.0}] * 3
    scores["ridge_noise"] = [{"high_band_envelope_db": v} for v in (2.0, 3.0, 4.0)]
    assert upsampling.gain_over_ridge(scores)["mean"] == -2


@pytest.mark.slow
def test_the_command_prints_one_object(monkeypatch, capsys, tmp_path, short_fit, one_thread):
    monkeypatch.setattr(upsampling, "RATIOS", (3,))
    monkeypatch.setattr(upsampling, "MISMATCHED", ("butterworth",))
    monkeypatch.setattr(upsampling, "N_VALIDATION", 1)
    monkeypatch.setattr(upsampling, "recordings", lambda folder, packages: [])
    monkeypatch.setattr(upsampling_systems, "GAINS_DB", (-3, 0))
    words = ["--json", "--speakers", "2", "--whitened-x3", ""]
    monkeypatch.setattr(sys, "argv", ["upsampling", *words])
    upsampling.main()
    found = json.loads(capsys.readouterr().out)
    assert found["x3"]["gain_over_ridge"] is None and set(LOW_BAND) < set(found["x3"])
    assert set(KEYS) < set(found["x3"]["ridge_noise"])
    assert list(found["x3"]["mismatched"]) == ["sinc", "butterworth"]
    with pytest.raises(UserError, match="--keep: its rows are of other clips"):
        upsampling.measure({}, 1, None, tmp_path, found)
    upsampling.show(found)
    lines = capsys.readouterr().out.splitlines()
    assert any("x3 ridge_noise" in one for one in lines) and any(
        one.endswith(" -") for one in lines
    )
