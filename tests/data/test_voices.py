"""Voices: labels that are true of the sound, and items that depend on their key alone."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from numpy._core._multiarray_umath import __cpu_dispatch__

from tinyaudio.data.speech.articulation import CLOSING_S
from tinyaudio.data.speech.content import PHONES, Content, melody, sentence
from tinyaudio.data.speech.speakers import speaker
from tinyaudio.data.voices import HOP_S, SPLITS, Voices, voice
from tinyaudio.errors import DataError


def digest(clip):
    return hashlib.sha256((clip * 32767).round().to(torch.int16).numpy().tobytes()).hexdigest()[:16]


def spectrum_db(clip, sample_rate, width_hz=100):
    """Long-term level in bands, and their centres."""
    power = np.abs(np.fft.rfft(clip[0].numpy().astype(float))) ** 2
    f_hz = np.fft.rfftfreq(clip.shape[1], 1 / sample_rate)
    bands = (f_hz // width_hz).astype(int)
    level = np.bincount(bands, power) / np.bincount(bands)
    return (np.arange(len(level)) + 0.5) * width_hz, 10 * np.log10(level + 1e-12)


# ---- the same key gives the same item, whatever else is requested


@pytest.mark.parametrize("singing", [False, True])
def test_an_item_depends_on_its_key_alone(singing):
    few, many = Voices(3, singing=singing), Voices(1000, singing=singing)
    last, first = many[2]["audio"], many[0]["audio"]
    assert torch.equal(few[0]["audio"], first) and torch.equal(few[2]["audio"], last)
    other = Voices(3, seed=1, singing=singing)[0]["audio"]
    assert other.shape != first.shape or not torch.equal(other, first)


# Rounded to 16 bits, so that the last bit of another processor's sine does not count.
def test_audio_is_bit_identical_across_threads_and_kernels():
    speech = voice(speaker(0), sentence(0), sample_rate=48_000).clip
    song = voice(speaker(1), melody(1), sample_rate=16_000).clip
    assert digest(speech) == "ba736e44e8b72236"
    assert digest(song) == "747ec1d4ad2fe7d7"
    program = (
        "import hashlib, torch;"
        "from numpy._core._multiarray_umath import __cpu_dispatch__ as kernels, __cpu_features__ as on;"
        "from tinyaudio.data.voices import voice, speaker, sentence;"
        "x = voice(speaker(0), sentence(0), sample_rate=48_000).clip;"
        "x = (x * 32767).round().to(torch.int16).numpy().tobytes();"
        "print(hashlib.sha256(x).hexdigest()[:16], sum(on[name] for name in kernels))"
    )
    old_processor = {"NPY_DISABLE_CPU_FEATURES": " ".join(__cpu_dispatch__), "OMP_NUM_THREADS": "3"}
    printed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env=os.environ | old_processor,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed.split() == [digest(speech), "0"]  # with none of numpy's special kernels


def test_splits_share_no_speaker_and_no_sentence():
    speakers = {split: set(Voices(0, split=split).speakers) for split in SPLITS}
    assert [len(s) for s in speakers.values()] == [80, 10, 10]
    assert len(set.union(*speakers.values())) == 100
    items = {split: [Voices(40, 8000, split)[i] for i in range(3)] for split in SPLITS}
    sentences = [item["sentence"] for some in items.values() for item in some]
    assert len(set(sentences)) == len(sentences)
    for split, some in items.items():
        assert {item["speaker"] for item in some} <= speakers[split]
        assert {speaker(index).kind for index in speakers[split]} == {"man", "woman", "child"}


# ---- a sentence is the same for every speaker


@pytest.mark.parametrize("content", [sentence(3), melody(3)], ids=["speech", "singing"])
def test_speakers_are_aligned_sample_by_sample(content):
    takes = [voice(speaker(index), content) for index in (0, 1, 4)]
    assert len({take.clip.shape for take in takes}) == 1
    assert all(torch.equal(take.voiced, takes[0].voiced) for take in takes)


@pytest.mark.parametrize("sample_rate", [8_000, 11_025, 96_000])
def test_every_rate_has_the_same_length_and_pitch(sample_rate):
    content = sentence(1, syllables=3)
    take = voice(speaker(0), content, sample_rate=sample_rate)
    seconds = sum(content.durations_s) + CLOSING_S
    assert take.clip.shape == (1, round(seconds * sample_rate))
    assert len(take.f0_hz) == len(take.voiced) == take.clip.shape[1]
    assert take.clip.abs().max() == pytest.approx(0.8)
    reference = voice(speaker(0), content, sample_rate=48_000)
    at = (torch.arange(0.1, seconds - 0.1, 0.1) * sample_rate).round().long()
    same = (at * 48_000 / sample_rate).round().long()
    assert torch.allclose(take.f0_hz[at], reference.f0_hz[same], rtol=1e-3)


def test_rates_agree_on_the_sound():
    """Harmonics below 3 kHz, by their levels: noise differs, pulses and filters must not."""
    vowel = Content(0, ("aa",), (0.8,), pitches=(50.0,))
    levels = []
    for sample_rate in (16_000, 48_000):
        clip = voice(speaker(0), vowel, sample_rate=sample_rate).clip
        levels.append(spectrum_db(clip, sample_rate)[1][1:30])
    difference = levels[0] - levels[1]
    assert np.max(np.abs(difference - np.median(difference))) < 3


# ---- the labels are true


@pytest.mark.parametrize(
    "take",
    [voice(speaker(0), sentence(2)), voice(speaker(1), melody(0, notes=4), transpose=3)],
    ids=["speech", "singing"],
)
def test_pitch_is_what_a_pitch_tracker_finds(take):
    librosa = pytest.importorskip("librosa")
    found, sounds, _ = librosa.pyin(
        take.clip[0].numpy(), fmin=70, fmax=600, sr=16_000, frame_length=1024, hop_length=160
    )
    at = (np.arange(len(found)) * 160).clip(max=len(take.f0_hz) - 1)
    both = sounds & (take.voiced.numpy()[at] > 0)
    cents = np.abs(1200 * np.log2(found[both] / take.f0_hz.numpy()[at][both]))
    assert both.sum() > 0.8 * take.voiced.numpy()[at].sum()
    assert np.median(cents) < 10  # the tracker counts in steps of 10 cents
    assert np.mean(cents < 50) > 0.95


def test_voicing_follows_the_phones():
    content = Content(0, ("s", "aa", "sil", "t", "iy"), (0.2,) * 5, accents=(0.0,))
    voiced = voice(speaker(0), content).voiced
    middles = [int((k + 0.5) * 0.2 * 16_000) for k in range(5)]
    assert voiced[middles].tolist() == [0, 1, 0, 0, 1]
    assert voiced[-160:].sum() == 0


@pytest.mark.parametrize("vowel", ["aa", "iy", "ae"])
def test_formants_are_where_the_speaker_has_them(vowel):
    """A very low voice draws the envelope; the level is highest near each of F1 and F2."""
    man = speaker(0)
    content = Content(0, (vowel,), (2.0,), pitches=(31.0,))  # 49 Hz
    f_hz, level = spectrum_db(voice(man, content).clip, 16_000)
    for formant in man.formants_hz(vowel)[:2]:
        around = np.abs(f_hz - formant) < 200
        peak = f_hz[around][level[around].argmax()]
        assert abs(peak - formant) < 100  # one band


def test_transposing_moves_the_pitch_and_not_the_voicing():
    low, high = (voice(speaker(0), sentence(0), transpose=t) for t in (0, 12))
    assert torch.allclose(high.f0_hz, 2 * low.f0_hz)
    assert torch.equal(high.voiced, low.voiced)


def test_sound_reaches_beyond_16_khz():
    f_hz, level = spectrum_db(voice(speaker(2), sentence(5), sample_rate=48_000).clip, 48_000)
    power = 10 ** (level / 10)
    for low, high in ((8_000, 12_000), (12_000, 16_000), (16_000, 24_000)):
        level_db = 10 * np.log10(power[(f_hz > low) & (f_hz < high)].sum() / power.sum())
        assert -60 < level_db < -15  # recorded speech: about -25, -32 and -34 dB


def test_the_high_band_is_not_a_copy_of_the_low():
    """Two vowels alike below 4 kHz differ above 8 kHz by what was drawn for each phone."""
    content = Content(0, ("aa", "s", "aa"), (0.4, 0.2, 0.4), accents=(0.0,))
    clip = voice(speaker(0), content, sample_rate=48_000).clip
    (f_hz, first), (_, second) = (
        spectrum_db(part, 48_000, 1000) for part in (clip[:, 2400:16_800], clip[:, 31_200:45_600])
    )
    low, high = f_hz < 4000, f_hz > 8000
    assert np.std((first - second)[high]) > 2 * np.std((first - second)[low])


def test_another_seed_is_another_take_of_the_same():
    first, second = (voice(speaker(0), sentence(0), seed=seed) for seed in (0, 1))
    assert not torch.equal(first.clip, second.clip)
    assert torch.equal(first.f0_hz, second.f0_hz)


@pytest.mark.parametrize("phones", [("sil",), tuple(PHONES)])
def test_every_phone_can_be_synthesized(phones):
    content = Content(0, phones, (HOP_S * 3,) * len(phones), accents=(0.0, 1.0))
    assert torch.isfinite(voice(speaker(4), content).clip).all()


# ---- mistakes


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: Voices(1, split="dev"), "no split 'dev'; choose one of: train, valid, test"),
        (lambda: Voices(-1), "-1 items: must be 0 or more"),
        (lambda: Voices(1, seed=-1), "seed -1: must be 0 or more"),
        (lambda: Voices(1, sample_rate=4000), "sample rate 4000: must be from 8000 to 96000 Hz"),
        (lambda: voice(speaker(0), sentence(0), sample_rate=192_000), "sample rate 192000"),
        (
            lambda: voice(speaker(0), sentence(0), transpose=25),
            "transpose 25: must be from -24 to 24",
        ),
        (lambda: sentence(0, syllables=0), "0 syllables"),
        (lambda: melody(0, notes=0), "0 notes"),
        (lambda: speaker(-1), "negative"),
        (lambda: speaker(0).formants_hz("s"), "'s' has no formants"),
        (lambda: Content(0, ("zz",), (0.1,), accents=(0.0,)), "no phone 'zz'"),
        (lambda: Content(0, ("aa",), (0.1, 0.1), accents=(0.0,)), "1 phones and 2 durations"),
        (lambda: Content(0, ("aa",), (0.0,), accents=(0.0,)), "above 0"),
        (lambda: Content(0, ("aa",), (0.1,)), "one of the two"),
        (lambda: Content(0, ("aa",), (0.1,), pitches=(60.0, 62.0)), "2 pitches for 1 phones"),
    ],
)
def test_mistakes_get_one_clear_line(mistake, message):
    with pytest.raises(DataError, match=message) as problem:
        mistake()
    assert "\n" not in str(problem.value)


def test_beyond_the_end_is_an_index_error():
    with pytest.raises(IndexError, match="voice 2 of 2"):
        Voices(2)[2]
