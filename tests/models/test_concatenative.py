"""Unit selection: recordings are reproduced, the search is optimal, joins are discontinuities."""

import itertools

import pytest
import torch

from tinyaudio.data.speech.content import sentence
from tinyaudio.data.speech.script import Script, halves, spoken
from tinyaudio.data.speech.speakers import speaker
from tinyaudio.errors import UserError
from tinyaudio.models.concatenative import UnitSelection, step_db

RATE = 16_000


@pytest.fixture(scope="module")
def recordings():
    return [spoken(speaker(0), sentence(i)) for i in range(12)]


@pytest.fixture(scope="module")
def speech(recordings):
    return UnitSelection(recordings)


@pytest.fixture(scope="module")
def held_out():
    return spoken(speaker(0), sentence(1_000))


@pytest.mark.parametrize("fade_s", [0.0, 0.005])
def test_a_recorded_sentence_is_reproduced_bitwise(recordings, speech, fade_s):
    audio, script = recordings[4]
    synthesis = speech.synthesize(script, fade_s=fade_s)
    inside = slice(80, -80)  # without the fades at both ends
    assert synthesis.joins == [] and synthesis.audio.shape[1] == script.edges[-1]
    assert torch.equal(synthesis.audio[:, inside], audio[:, : script.edges[-1]][:, inside])


def test_between_joins_it_is_a_recording(recordings, speech, held_out):
    synthesis = speech.synthesize(held_out[1], fade_s=0.004)
    assert synthesis.joins  # otherwise this test is empty
    now, far = 0, 0
    for u in synthesis.units:
        unit, audio = speech.units[u], speech.recordings[speech.sources[u]]
        length = unit.end - unit.begin
        near = torch.tensor([0, *synthesis.joins, synthesis.audio.shape[1]])
        away = (torch.arange(now, now + length)[:, None] - near).abs().amin(1) > 32
        assert torch.equal(
            synthesis.audio[0, now : now + length][away], audio[0, unit.begin : unit.end][away]
        )
        far += int(away.sum())
        now += length
    assert now == synthesis.audio.shape[1] and far > 0.9 * now


def test_a_crossfade_of_equal_sounds_changes_nothing():
    """The two gains sum to one."""
    level = [(torch.ones(1, audio.shape[1]), script) for audio, script in _two()]
    speech = UnitSelection(level)
    synthesis = speech.synthesize(spoken(speaker(0), sentence(3, syllables=2))[1], join_weight=0.0)
    first = {i for i, u in enumerate(speech.units) if u.begin == 0}  # silence before it
    assert synthesis.joins and not first & set(synthesis.units[1:])
    assert torch.allclose(synthesis.audio[:, 100:-100], torch.ones(()), atol=1e-6)


def _two():
    return [spoken(speaker(0), sentence(i)) for i in (0, 3, 1)]


def test_viterbi_finds_the_cheapest_of_all_sequences(recordings):
    speech = UnitSelection(recordings[:3])
    script = _first_phones(spoken(speaker(0), sentence(0))[1], 3)
    wanted = halves(script)
    candidates = [
        [u for u, unit in enumerate(speech.units) if unit[:2] == (half.phone, half.second)]
        for half in wanted
    ]

    def cost(units):
        targets = sum(
            speech.target_cost(w, torch.tensor([u])).item()
            for w, u in zip(wanted, units, strict=True)
        )
        return targets + sum(
            speech.join_cost(torch.tensor([u]), torch.tensor([v])).item()
            for u, v in itertools.pairwise(units)
        )

    pitched = Script(
        script.phones, script.durations_s, script.f0_hz * 1.3, script.voiced
    )  # so that the recording itself is not the answer by cost 0
    wanted = halves(pitched)
    best = min(itertools.product(*candidates), key=cost)
    assert len(list(itertools.product(*candidates))) > 20
    assert cost(speech.choose(pitched)) == pytest.approx(cost(best), abs=1e-4)


def _first_phones(script, n):
    end = script.edges[n]
    return Script(
        script.phones[:n], script.durations_s[:n], script.f0_hz[:end], script.voiced[:end]
    )


def test_consecutive_units_join_at_no_cost(speech):
    u = torch.arange(0, 200, 7)
    costs = speech.join_cost(u, u + 1)
    same = torch.tensor([speech.sources[i] == speech.sources[i + 1] for i in u.tolist()])
    assert costs.diagonal()[same].abs().max() < 1e-5
    assert costs.min() >= 0 and costs.median() > 0.3


def test_joins_are_pitch_jumps_and_the_join_cost_makes_them_fewer_and_smaller(speech, held_out):
    """The artefact: pitch jumps at joins, larger than those of natural speech."""
    audio, script = held_out
    best, careless = speech.synthesize(script), speech.synthesize(script, join_weight=0.0)
    jumps = [
        synthesis.semitones[~synthesis.semitones.isnan()].abs() for synthesis in (best, careless)
    ]
    natural = 12 * torch.log2(script.f0_hz[80:] / script.f0_hz[:-80]).abs()  # within 5 ms
    assert natural.max() < 0.25 < jumps[0].mean() < jumps[1].mean()
    assert len(best.joins) < len(careless.joins)


def test_a_step_in_level_is_a_step_in_every_band(held_out):
    audio = held_out[0].clone()
    loud = int(audio[0].square().unfold(0, 320, 1).mean(1).argmax()) + 160
    before = step_db(audio, [loud - 3_200, loud], RATE)
    audio[:, loud:] *= 0.1
    after = step_db(audio, [loud - 3_200, loud], RATE)
    assert after[0] == before[0] and after[1] > before[1] + 8  # of 20; quiet bands reach the floor


def test_missing_phones_and_other_rates_are_refused(recordings, speech, held_out):
    few = UnitSelection(recordings[:1])
    with pytest.raises(UserError, match="no '"):
        few.synthesize(held_out[1])
    slow = spoken(speaker(0), sentence(0), sample_rate=8_000)
    with pytest.raises(UserError, match="8000 Hz"):
        speech.synthesize(slow[1])
    with pytest.raises(UserError, match="2 sample rates"):
        UnitSelection([recordings[0], slow])
    with pytest.raises(UserError, match="0 sample rates"):
        UnitSelection([])
