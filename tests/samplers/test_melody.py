"""A score played by single notes: lengths, releases, sums and levels against what they must be."""

import pytest
import torch

from tinyaudio.data.melodies import Tone
from tinyaudio.errors import UserError
from tinyaudio.samplers.melody import RELEASE_S, check_pitches, play_score, release

RATE, N = 1_000, 2_000  # a note of two seconds
N_RELEASE = round(RELEASE_S * RATE)


def constant(pitches):
    """Notes that never decay: pitch 60 is 0.4, 61 is 0.41, ..."""
    return torch.tensor(pitches)[:, None, None].expand(-1, 1, N) / 100 - 0.2


def play(*tones):
    score = [Tone(float(onset), float(held), *rest) for onset, held, *rest in tones]
    return play_score(score, constant, RATE)[0]


def test_a_note_begins_at_its_onset_and_ends_with_its_release():
    music = play((0.25, 0.5, 60, 127))
    assert len(music) == 750 + N_RELEASE
    assert (music[:250] == 0).all()
    torch.testing.assert_close(music[250:751], torch.full((501,), 0.4))
    assert (music[750:].diff() <= 0).all() and 0 < music[-1] < 0.001
    assert music[750 + N_RELEASE // 2].item() == pytest.approx(0.2, abs=1e-3)  # half way down


def test_a_note_longer_than_the_model_s_ends_with_it_without_a_click():
    longer, endless = play((0, 1.9, 60, 127)), play((0, 60, 60, 127))
    assert torch.equal(longer, endless) and len(endless) == N
    assert (endless[: N - N_RELEASE] == endless[0]).all() and endless[-1] < 0.001


def test_the_release_is_at_most_a_quarter_of_the_model_s_note():
    short = release(torch.ones(80), 1_000, RATE)
    assert len(short) == 80 and (short[:61] == 1).all() and short[61] < 1
    assert len(release(torch.ones(80), 0, RATE)) == 20
    assert len(release(torch.ones(2), 1, RATE)) == 1 + 0  # of two samples, a quarter is none


def test_notes_that_overlap_are_added_up_whether_a_chord_or_a_release():
    chord = play((0, 0.5, 60, 64), (0, 0.5, 64, 64))
    torch.testing.assert_close(chord, play((0, 0.5, 60, 64)) + play((0, 0.5, 64, 64)))
    legato = play((0, 0.5, 60, 64), (0.6, 0.5, 60, 64))
    alone = play((0, 0.5, 60, 64))
    assert torch.equal(legato[:600], alone[:600])
    torch.testing.assert_close(legato[600 : len(alone)], alone[600:] + legato[0])


def test_the_order_of_the_notes_in_a_score_does_not_matter():
    tones = [(0.3, 0.2, 62, 90), (0, 0.5, 60, 64), (0, 0.1, 67, 127)]
    torch.testing.assert_close(play(*tones), play(*reversed(tones)))


def test_velocity_scales_a_note_and_full_scale_is_not_exceeded():
    torch.testing.assert_close(play((0, 0.5, 60, 64)), play((0, 0.5, 60, 127)) * 64 / 127)
    loud = play(*[(0, 0.5, 60 + i, 127) for i in range(5)])
    assert loud.max() == 1  # 2.1 without
    torch.testing.assert_close(loud / loud[0], play((0, 0.5, 60, 127)) / 0.4)


def test_each_pitch_is_made_once():
    asked = []

    def notes(pitches):
        asked.append(list(pitches))
        return constant(pitches)

    play_score([Tone(i / 2, 0.5, pitch, 100) for i, pitch in enumerate((64, 60, 64, 62, 60))], notes, RATE)  # fmt: skip
    assert asked == [[60, 62, 64]]


def test_a_score_without_notes_and_pitches_that_were_not_learned_are_refused():
    with pytest.raises(UserError, match="no notes"):
        play_score([], constant, RATE)
    check_pitches([48, 71], (48, 71))
    for wrong in (47, 72):
        with pytest.raises(UserError, match=f"pitch {wrong}: this model has learned 48 to 71"):
            check_pitches([60, wrong], (48, 71))
