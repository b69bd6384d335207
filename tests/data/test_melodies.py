"""Melodies: every instrument plays the same score, exactly."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tinyaudio.data.instruments.instrument import draw_instrument
from tinyaudio.data.melodies import BEGINNING_S, Melodies, Tone, melody, perform
from tinyaudio.errors import DataError

INSTRUMENTS = (("keyboard", 0), ("string", 0), ("reed", 0), ("mallet", 1), ("brass", 2))
RATE = 16_000


def test_onsets_are_the_same_sample_in_every_instrument():
    """Without its last note, music is the same up to that note's onset, and differs right after it."""
    score = [Tone(0.05, 0.2, 60, 100), Tone(0.3, 0.2, 64, 100)]
    onset = round(0.3 * RATE)
    for family, index in INSTRUMENTS:
        instrument = draw_instrument(family, index)
        with_it, without = (
            perform(instrument, notes, n=RATE, sample_rate=RATE)[0] for notes in (score, score[:1])
        )
        changed = (with_it != without).nonzero()[:, 0]
        # A tone may begin at exactly zero, and grows from there.
        assert onset <= changed[0] <= onset + 2
        assert with_it[: round(0.05 * RATE)].abs().max() == 0


def test_clips_are_the_score_performed_by_each():
    melodies = Melodies(3, seconds=1.0, instruments=INSTRUMENTS)
    item = melodies[2]
    clips = item["audio"]
    assert clips.shape == (len(INSTRUMENTS), RATE) and clips.abs().max() <= 1
    score = [Tone(*tone) for tone in item["score"]]
    for clip, (family, index) in zip(clips, INSTRUMENTS, strict=True):
        alone = perform(draw_instrument(family, index), score, n=RATE, sample_rate=RATE)
        assert torch.equal(clip, alone[0])
        assert clip[: round(BEGINNING_S * RATE) - 1].abs().max() == 0
        assert clip.abs().max() > 0.05


def test_scores_are_playable_ordered_and_within_the_time():
    for seed in range(200):
        score = melody(np.random.default_rng(seed), 4.0, (52, 70))
        assert len(score) >= 3
        for tone, following in zip(score, [*score[1:], None], strict=True):
            assert 52 <= tone.pitch <= 70 and 1 <= tone.velocity <= 127 and tone.held_s > 0
            assert tone.onset_s + tone.held_s <= 4.0 + 1e-9
            if following:
                assert following.onset_s > tone.onset_s
                assert tone.onset_s + tone.held_s <= following.onset_s + 0.031  # legato


def test_melodies_vary_and_hold_still():
    melodies, more = Melodies(3, seed=5), Melodies(300, seed=5)
    assert [melodies.score(i) for i in range(3)] == [more.score(i) for i in range(3)]
    everything = [more.score(i) for i in range(300)]
    everything += [
        Melodies(300, seed=5, split=split).score(i)
        for split in ("valid", "test")
        for i in range(50)
    ]
    assert len({tuple(score) for score in everything}) == len(everything)


def test_pitches_fit_every_instrument():
    melodies = Melodies(50, instruments=(("bass", 0), ("flute", 0)))
    assert melodies.pitches == (52, 60)
    assert all(52 <= tone.pitch <= 60 for i in range(50) for tone in melodies.score(i))


def test_a_crowd_of_notes_does_not_clip():
    crowd = [Tone(0.01 * i, 0.5, 60 + i, 127) for i in range(10)]
    instrument = replace(draw_instrument("organ", 0), release_s=0.8)
    assert perform(instrument, crowd, n=RATE, sample_rate=RATE).abs().max() <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": -1}, "-1"),
        ({"sample_rate": 1200}, "1200 Hz is too low for pitch"),
        ({"split": "dev"}, "train, valid, test"),
        ({"instruments": ()}, "at least one instrument"),
        ({"instruments": (("harp", 0),)}, "no family 'harp'"),
        ({"instruments": (("flute", 99),)}, "number 99"),
    ],
)
def test_bad_input_gets_one_line(arguments, message):
    with pytest.raises(DataError, match=message):
        Melodies(**{"n": 1, **arguments})
