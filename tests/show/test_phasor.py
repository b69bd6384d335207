"""Hands that turn: their angles are the phases, and what stands in the page is well formed."""

import base64
import io
import re
import xml.etree.ElementTree as ET

import pytest
import soundfile
import torch

from tinyaudio.errors import AudioError
from tinyaudio.language import set_language
from tinyaudio.show.phasor import phasors

RATE, HOP = 16_000, 256


@pytest.fixture(scope="module")
def shown():
    audio = torch.sin(2 * torch.pi * 440 * torch.arange(8_000) / RATE)[None]
    phases = torch.tensor([[0.0, 0.5, 1.0, -0.5], [0.25, 0.25, 0.25, 0.25]])
    return phasors(audio, RATE, phases, HOP, ["440 Hz", 'a <"b">'], "a & b")


def test_hands_have_the_phases_as_clockwise_degrees(shown):
    root = ET.fromstring(re.sub("<audio controls ", '<audio controls="" ', shown.html))
    lines = root.findall(".//line")
    assert [one.get("data-degrees") for one in lines] == ["0 270 180 90", "315 315 315 315"]
    assert [one.get("transform") for one in lines] == ["rotate(0)", "rotate(315)"]
    assert [one.get("aria-label") for one in root.findall(".//svg")] == ["440 Hz", 'a <"b">']
    assert repr(shown) == 'phasors: a & b (440 Hz, a <"b">; 4 frames)'


def test_the_player_holds_the_sound_and_turns_the_hands_at_the_rate_of_frames(shown):
    root = ET.fromstring(re.sub("<audio controls ", '<audio controls="" ', shown.html))
    audio = root.find(".//audio")
    assert float(audio.get("data-frames")) == RATE / HOP == 62.5
    assert audio.get("onplay") == audio.get("onseeked") and "rotate" in audio.get("onplay")
    sound = base64.b64decode(audio.get("src").split(",")[1])
    assert soundfile.info(io.BytesIO(sound)).samplerate == RATE


def test_the_hint_is_in_the_reader_s_language():
    audio, phases = torch.zeros(1, 4_000), torch.zeros(1, 3)
    set_language("ko")
    try:
        assert "바늘" in phasors(audio, RATE, phases, HOP, ["a"], "b").html
    finally:
        set_language("en")
    assert "hands point" in phasors(audio, RATE, phases, HOP, ["a"], "b").html


def test_one_name_a_bin():
    with pytest.raises(AudioError, match=r"1 names for phases \(2, 3\)"):
        phasors(torch.zeros(1, 4_000), RATE, torch.zeros(2, 3), HOP, ["a"], "b")
