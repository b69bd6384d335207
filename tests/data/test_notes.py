"""Procedural notes: what they promise, as properties."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import torch

from tinyaudio.data.instruments.effects import overdrive
from tinyaudio.data.instruments.families import FAMILIES, RANGES
from tinyaudio.data.instruments.instrument import PER_FAMILY, draw_instrument
from tinyaudio.data.instruments.oscillators import band_noise, fm, lookup, modes, wavetable
from tinyaudio.data.instruments.partials import partials_hz
from tinyaudio.data.instruments.playing import play
from tinyaudio.data.notes import SPLITS, Notes, note
from tinyaudio.data.nsynth import QUALITIES, VELOCITIES
from tinyaudio.errors import DataError

RATE = 16_000


def spectrum(x):
    """Power of a windowed signal, and the frequency of each bin in Hz."""
    x = np.asarray(x, dtype=np.float64).reshape(-1)
    return np.abs(np.fft.rfft(x * np.hanning(len(x)))) ** 2, np.fft.rfftfreq(len(x), 1 / RATE)


def centroid(x):
    power, hz = spectrum(x)
    return (power * hz).sum() / power.sum()


def played(instrument, pitch=60, velocity=100, n=RATE, **changes):
    return play(
        replace(instrument, **changes),
        pitch,
        velocity,
        n=n,
        held_s=0.75 * n / RATE,
        sample_rate=RATE,
    )


# ---- the parts


def test_modes_are_the_sum_they_replace():
    draws = np.random.default_rng(0)
    n, k = 1000, 7
    hz, decays = draws.uniform(50, 7000, k), draws.uniform(0, 40, k)
    amplitudes, phases = draws.uniform(0, 1, k), draws.uniform(0, 6, k)
    t = np.arange(n) / RATE
    slow = sum(
        a * np.exp(-d * t) * np.cos(2 * np.pi * f * t + p)
        for f, d, a, p in zip(hz, decays, amplitudes, phases, strict=True)
    )
    # The phases reach 3000 radians, where float64 resolves 5e-13.
    assert np.allclose(modes(hz, decays, amplitudes, phases, n, RATE), slow, atol=1e-10)


@pytest.mark.parametrize("k", [1, 5, 40])
def test_a_wavetable_has_its_harmonics_and_nothing_above(k):
    amplitudes = np.random.default_rng(k).uniform(0.1, 1, k)
    found = np.abs(np.fft.rfft(wavetable(amplitudes, np.zeros(k))[:-1]))
    assert np.allclose(found[1 : k + 1] / (len(found) - 1), amplitudes)
    assert found[k + 1 :].max(initial=0) < 1e-9 * found.max()


def test_reading_a_wavetable_adds_less_than_60_db_below():
    k = 20  # at 220.5 Hz, harmonics up to 4410 Hz
    x = lookup(wavetable(np.ones(k), np.zeros(k)), np.arange(RATE) * 220.5 / RATE)
    power, hz = spectrum(x)
    assert power[hz > 220.5 * k + 50].max() < 1e-6 * power.max()


def test_fm_without_index_is_a_sine_and_with_it_has_bessels_partials():
    from scipy.special import jv

    t = np.arange(RATE) / RATE
    assert np.allclose(fm(400.0, 2.0, 0 * t, RATE), np.sin(2 * np.pi * 400 * t), atol=1e-9)
    found = np.abs(np.fft.rfft(fm(4000.0, 1 / 16, 0 * t + 1.5, RATE))) / (RATE / 2)
    for m in range(-3, 4):
        assert found[4000 + 250 * m] == pytest.approx(abs(jv(m, 1.5)), abs=1e-9)


def test_band_noise_is_loudest_in_its_band():
    power, hz = spectrum(band_noise(np.random.default_rng(0), RATE, 1000.0, 2000.0, RATE))
    inside = power[(hz > 1000) & (hz < 2000)].mean()
    assert inside > 10 * power[hz < 200].mean() and inside > 3 * power[hz > 7000].mean()


def test_overdrive_hardly_aliases():
    # The third overtone of 5 kHz lies at 15 kHz and would fold to 1 kHz.
    x = np.sin(2 * np.pi * 5000 / RATE * np.arange(RATE))
    at_1_khz = []
    for distorted in (np.tanh(3 * x), overdrive(x, 3.0)):
        power, _ = spectrum(distorted)
        at_1_khz.append(power[1000] / power[5000])
    assert at_1_khz[1] < 0.05 * at_1_khz[0]


# ---- an instrument's sound


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_sounds_right_over_its_range(family):
    for index, pitch in enumerate(np.linspace(*RANGES[family].pitches, 4).astype(int)):
        x = note(family, index, int(pitch), 127, seconds=1.0)[0]
        assert torch.isfinite(x).all()
        assert x.abs().max() == pytest.approx(0.95, abs=1e-3)  # the loudest velocity's peak
        assert x[-1].abs() < 1e-6 and x[0].abs() < 0.05
        assert x.mean().abs() < 0.02


@pytest.mark.parametrize("family", FAMILIES)
def test_the_strongest_peak_is_a_partial(family):
    for index in range(4):
        instrument = draw_instrument(family, index)
        pitch = min(60, RANGES[family].pitches[1])
        x = played(instrument, pitch, second_pitch=0.0, drive=0.0, reverb_s=0.0, tempo_hz=0.0)
        power, hz = spectrum(x)
        peak = hz[power.argmax()]
        # One bin of the spectrum is 1 Hz; vibrato may spread a partial over a few of them.
        tolerance = 1.5 + peak * (2 ** (instrument.vibrato_cents / 1200) - 1)
        assert np.abs(partials_hz(instrument, pitch, RATE) - peak).min() < tolerance


@pytest.mark.parametrize("family", FAMILIES)
def test_harder_is_louder_and_brighter(family):
    brighter = []
    for index in range(5):
        soft, hard = (note(family, index, 60, v, seconds=0.5) for v in (25, 127))
        assert hard.abs().max() > 2 * soft.abs().max()
        brighter.append(centroid(hard) > centroid(soft))
    assert sum(brighter) >= 4  # noise and an amplifier's distortion may hide it in one


@pytest.mark.parametrize("family", FAMILIES)
def test_bright_and_dark_are_what_the_labels_call_them(family):
    low, high = RANGES[family].slope
    for index in (0, 1):
        instrument = draw_instrument(family, index)
        bright, dark = replace(instrument, slope=low), replace(instrument, slope=high)
        assert bright.qualities[:2] == [1, 0] and dark.qualities[:2] == [0, 1]
        assert centroid(played(bright)) > centroid(played(dark))


@pytest.mark.parametrize(
    ("quality", "family", "changes"),
    [
        ("distortion", "synth_lead", {"drive": 6.0}),
        ("fast_decay", "mallet", {"t60_s": 0.4}),
        ("long_release", "organ", {"release_s": 0.6}),
        ("multiphonic", "reed", {"second_pitch": 1.5}),
        ("nonlinear_env", "brass", {"swell_s": 0.8}),
        ("percussive", "mallet", {"noise": 0.08}),
        ("reverb", "flute", {"reverb_s": 0.8}),
        ("tempo-synced", "string", {"tempo_hz": 8.0}),
    ],
)
def test_each_quality_is_a_change_of_the_sound(quality, family, changes):
    plain = replace(
        draw_instrument(family, 0),
        drive=0.0,
        reverb_s=0.0,
        tempo_hz=0.0,
        second_pitch=0.0,
        swell_s=0.0,
    )
    plain = replace(plain, t60_s=3.0, release_s=0.1, noise=0.01, fm_ratio=0.0)
    changed = replace(plain, **changes)
    where = QUALITIES.index(quality)
    assert (plain.qualities[where], changed.qualities[where]) == (0, 1)
    difference = played(changed) - played(plain)
    # The strike of a mallet is 8 % of its peak for some milliseconds; everything else is far larger.
    assert np.abs(difference).max() > 0.03


def test_a_bar_is_not_a_string():
    ratios = partials_hz(replace(draw_instrument("mallet", 0), fm_ratio=0.0), 60, 48_000)
    assert not np.allclose(ratios / ratios[0], np.round(ratios / ratios[0]), atol=0.01)


# ---- the data set

# Of the sixteen-bit samples of 22 notes, and of each note its sample 2000.
HASH = "4242a374d7938e2ae1d28a1f97fc69d04b13e8ebd9e982107e99a12b39c0ae34"
# fmt: off
PEEKS = [-3678, -9335, -11631, -786, -3268, 7925, -9216, 2560, -403, -4297, 4608,
         7495, -21796, 1394, -2885, 1228, -4075, -480, -4320, 140, 694, -302]
# fmt: on


def same(one, other):
    """Whether two items have the same sound and the same labels."""
    one, other = dict(one), dict(other)
    return torch.equal(one.pop("audio"), other.pop("audio")) and one == other


def test_item_i_is_a_function_of_seed_and_i():
    short, long = Notes(5, seconds=0.25, seed=3), Notes(500, seconds=0.25, seed=3)
    backwards = [long[i] for i in (4, 3, 2, 1, 0)][::-1]
    for i in range(5):
        item = short[i]
        assert same(item, backwards[i])
        assert item == {"audio": item["audio"], **long.labels(i)}
    assert not torch.equal(short[0]["audio"], Notes(5, seconds=0.25, seed=4)[0]["audio"])


def test_workers_change_nothing():
    notes = Notes(6, seconds=0.1)
    loader = torch.utils.data.DataLoader(notes, batch_size=None, num_workers=2)
    assert all(same(item, notes[i]) for i, item in enumerate(loader))


def test_splits_share_no_instrument():
    found = {
        split: {Notes(300, split=split).labels(i)["instrument_str"] for i in range(300)}
        for split in SPLITS
    }
    assert not found["train"] & found["valid"] and not found["train"] & found["test"]
    assert not found["valid"] & found["test"]
    assert sorted(i for indices in SPLITS.values() for i in indices) == list(range(PER_FAMILY))


def test_labels_are_nsynths():
    notes = Notes(200)
    for i in range(200):
        labels = notes.labels(i)
        assert {name: type(value) for name, value in labels.items()} == {
            "note": int,
            "note_str": str,
            "instrument": int,
            "instrument_str": str,
            "pitch": int,
            "velocity": int,
            "sample_rate": int,
            "qualities": list,
            "qualities_str": list,
            "instrument_family": int,
            "instrument_family_str": str,
            "instrument_source": int,
            "instrument_source_str": str,
        }
        family, source = labels["instrument_family_str"], labels["instrument_source_str"]
        assert labels["instrument_str"].startswith(f"{family}_{source}_")
        assert labels["note_str"] == "{instrument_str}-{pitch:03d}-{velocity:03d}".format(**labels)
        assert FAMILIES[labels["instrument_family"]] == family
        assert labels["velocity"] in VELOCITIES
        assert RANGES[family].pitches[0] <= labels["pitch"] <= RANGES[family].pitches[1]
        assert labels["qualities_str"] == [
            q for q, has in zip(QUALITIES, labels["qualities"], strict=True) if has
        ]


def test_families_and_pitches_are_those_of_the_arguments():
    some = Notes(200, pitches=(60, 62), families=("flute", "organ"))
    assert {some.labels(i)["pitch"] for i in range(200)} == {60, 61, 62}
    assert {some.labels(i)["instrument_family_str"] for i in range(200)} == {"flute", "organ"}


def test_the_sound_of_today_is_the_sound_of_tomorrow():
    """Sixteen-bit samples are the same on every machine; another mathematics library may round one off."""
    notes = Notes(22, seconds=0.5)
    samples = [np.round(notes[i]["audio"].numpy() * 32767).astype("<i2") for i in range(len(notes))]
    digest = hashlib.sha256(b"".join(x.tobytes() for x in samples)).hexdigest()
    if digest != HASH:
        peeks = [int(x[0, 2000]) for x in samples]
        assert np.abs(np.array(peeks) - PEEKS).max() <= 1, f"{digest} {peeks}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": -1}, "-1"),
        ({"sample_rate": 0}, "sample rate 0"),
        ({"sample_rate": 1000}, "1000 Hz is too low for pitch"),
        ({"seconds": 0.0}, "0.0 s"),
        ({"split": "dev"}, "train, valid, test"),
        ({"seed": -1}, "0 or more"),
        ({"families": ("harp",)}, "bass, brass"),
        ({"families": ()}, "at least one family"),
        ({"pitches": (62, 61)}, "none of 62 to 61"),
        ({"pitches": (84, 90), "families": ("bass",)}, "24 to 60"),
    ],
)
def test_bad_input_gets_one_line(arguments, message):
    with pytest.raises(DataError, match=message) as caught:
        Notes(**{"n": 1, **arguments})
    assert "\n" not in str(caught.value)


def test_a_note_that_cannot_be_played():
    for what, message in (
        (("harp", 0, 60), "no family 'harp'"),
        (("flute", 40, 60), "no flute number 40"),
        (("flute", 0, 20), "pitch 20"),
        (("flute", 0, 60, 0), "velocity 0"),
    ):
        with pytest.raises(DataError, match=message):
            note(*what)


def test_an_index_out_of_range_ends_iteration():
    notes = Notes(2, seconds=0.1)
    assert len(list(notes)) == 2
    with pytest.raises(IndexError):
        notes[2]
