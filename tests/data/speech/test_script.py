"""Scripts: what they hold fits together, and halves tile them."""

import pytest
import torch

from tinyaudio.data.speech.content import sentence
from tinyaudio.data.speech.script import Script, halves, spoken
from tinyaudio.data.speech.speakers import speaker
from tinyaudio.errors import DataError


@pytest.mark.parametrize("sample_rate", [8_000, 16_000])
def test_halves_lie_end_to_end_and_know_their_neighbours(sample_rate):
    audio, script = spoken(speaker(1), sentence(5), sample_rate=sample_rate)
    units = halves(script)
    assert units[0].begin == 0 and units[-1].end == script.edges[-1] < audio.shape[1]
    assert all(one.end == other.begin for one, other in zip(units, units[1:], strict=False))
    assert [unit.phone for unit in units[::2]] == list(script.phones)
    assert [unit.neighbour for unit in units[1::2]] == [*script.phones[1:], ""]
    assert [unit.neighbour for unit in units[::2]] == ["", *script.phones[:-1]]


def test_the_pitch_is_the_voice_s():
    talker = speaker(0)
    low, high = spoken(talker, sentence(5))[1].f0_hz.log2().aminmax()
    assert low < torch.tensor(talker.f0_hz).log2() < high


def test_a_script_whose_parts_do_not_fit_is_refused():
    hz, on = torch.full((1_600,), 100.0), torch.ones(1_600)
    for change, words in (
        ({"phones": ("xx",)}, "no phone 'xx'"),
        ({"phones": ("aa", "s")}, "2 phones and 1 durations"),
        ({"voiced": on[:5]}, "voicing for 5"),
        ({"durations_s": (0.2,)}, "3200 samples, the pitch 1600"),
    ):
        right = {"phones": ("aa",), "durations_s": (0.1,), "f0_hz": hz, "voiced": on}
        with pytest.raises(DataError, match=words):
            Script(**(right | change))
