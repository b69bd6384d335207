"""What the measures of a conversion say of sounds of which the right value is known."""

import math

import pytest
import torch

from tinyaudio.audio.editing import crop
from tinyaudio.data.speech.content import PHONES
from tinyaudio.data.voices import Voices, sentence, speaker, voice
from tinyaudio.errors import UserError
from tinyaudio.metrics.conversion import (
    SILENCE,
    PhoneClassifier,
    SpeakerClassifier,
    bits_per_second,
    content_kept,
    distance_ratio,
    phone_labels,
    pitch_and_voicing_kept,
    pitch_kept,
)

RATE = 16_000


@pytest.fixture(scope="module")
def pair():
    """The same sentence by two speakers."""
    return [voice(speaker(i), sentence(901), sample_rate=RATE) for i in (0, 1)]


@pytest.fixture(scope="module")
def phones():
    return PhoneClassifier([Voices(80)[i] for i in range(80)], n_steps=500)


def test_the_distance_ratio_is_0_for_the_reference_and_1_for_the_source(pair):
    source, reference = (take.clip for take in pair)
    assert distance_ratio(reference, source, reference, RATE) == 0
    assert distance_ratio(source, source, reference, RATE) == 1
    assert 0 < distance_ratio((source + reference) / 2, source, reference, RATE) < 1
    with pytest.raises(UserError, match="no distance to cover"):
        distance_ratio(source, reference, reference, RATE)


@pytest.mark.parametrize(
    ("semitones", "kept"), [(0, True), (0.7, True), (1.5, False), (-12, False)]
)
def test_pitch_is_kept_within_a_semitone(semitones, kept):
    reference = voice(speaker(0), sentence(901), sample_rate=RATE)
    other = voice(speaker(0), sentence(901), sample_rate=RATE, transpose=semitones)
    share = pitch_kept(other.clip, reference.f0_hz, reference.voiced, RATE)
    assert share > 0.9 if kept else share < 0.1


def test_noise_keeps_no_pitch(pair):
    reference = pair[1]
    noise = torch.randn(reference.clip.shape, generator=torch.Generator().manual_seed(0)) / 8
    assert pitch_kept(noise, reference.f0_hz, reference.voiced, RATE) < 0.05


def test_a_voice_of_another_pitch_keeps_the_voicing_and_noise_does_not(pair):
    source, reference = pair
    noise = torch.randn(reference.clip.shape, generator=torch.Generator().manual_seed(0)) / 8
    of = (reference.f0_hz, reference.voiced, RATE)
    pitch, voicing = pitch_and_voicing_kept(source.clip, *of)
    assert pitch == pitch_kept(source.clip, *of) < 0.5 and voicing > 0.9
    assert pitch_and_voicing_kept(noise, *of)[1] < 0.2


def test_speakers_are_told_apart_by_other_sentences():
    speakers = (0, 1, 2, 3)
    said = [(voice(speaker(i), sentence(3 * n + i)).clip, i) for n in range(6) for i in speakers]
    classifier = SpeakerClassifier(*zip(*said, strict=True), RATE)
    new = [(voice(speaker(i), sentence(800 + n)).clip, i) for n in range(3) for i in speakers]
    assert sum(classifier(clip) == i for clip, i in new) >= 11  # of 12


def test_phones_of_new_speakers_and_sentences_are_recognized(phones):
    right = []
    for i in range(8):
        item = Voices(8, split="test")[i]
        found = phones(item["audio"], RATE)
        wanted = phone_labels(item, len(found), RATE)
        right.append((found == wanted)[wanted != SILENCE].float())
    assert torch.cat(right).mean() > 0.7  # of 23 phones, after 500 steps; more steps reach 0.89


def test_content_is_kept_by_another_speaker_and_not_by_another_sentence(phones, pair):
    source, reference = (take.clip for take in pair)
    other = crop(voice(speaker(0), sentence(77)).clip, reference.shape[1], start=0)
    assert content_kept(phones, reference, reference, RATE) == 1
    assert content_kept(phones, source, reference, RATE) > 0.6
    assert content_kept(phones, other, reference, RATE) < 0.3


def test_phone_labels_follow_the_durations():
    item = {"phones": ["s", "aa"], "durations_s": [0.1, 0.2]}
    names = [list(PHONES)[k] for k in phone_labels(item, 25, RATE)]
    assert names == 7 * ["s"] + 12 * ["aa"] + 6 * ["sil"]


def test_bits_a_second_are_at_most_those_of_equally_frequent_codes():
    even = torch.arange(512).repeat(3)[None]
    assert bits_per_second(even, 512, 125.0) == pytest.approx(125 * math.log2(512))
    assert bits_per_second(torch.zeros(1, 9, dtype=torch.long), 512, 125.0) == 0
    uneven = torch.tensor([[0, 0, 0, 1]])
    entropy = 0.75 * math.log2(4 / 3) + 0.25 * 2
    assert bits_per_second(uneven, 2, 1.0) == pytest.approx(entropy)
