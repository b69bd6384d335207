"""Speech for a model of singing is said to be speech, and nothing else is."""

import warnings

import pytest

from tinyaudio.audio import save
from tinyaudio.data import recorded
from tinyaudio.data.speech_crops import HELD_OUT_SPEECH
from tinyaudio.data.voices import melody, speaker, voice
from tinyaudio.errors import AudioError
from tinyaudio.samplers.spoken import warn_if_spoken


def test_only_speech_is_warned_of(tmp_path):
    spoken, sung = tmp_path / "spoken.wav", tmp_path / "sung.wav"
    speech = recorded.recording(HELD_OUT_SPEECH[0])
    save(spoken, speech.audio, speech.sample_rate)
    save(sung, voice(speaker(0), melody(2), transpose=-5).clip, 16_000)
    with pytest.warns(UserWarning, match=r"spoken.wav: seems to be spoken, not sung") as found:
        warn_if_spoken(spoken)
    assert len(found) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_if_spoken(sung)
    with pytest.raises(AudioError):
        warn_if_spoken(tmp_path / "missing.wav")
