"""A player's sound is inside it: what is decoded from the page is what was given, at its level."""

import base64
import io
import math
import re

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyaudio.audio import rms_db
from tinyaudio.errors import AudioError
from tinyaudio.language import set_language
from tinyaudio.show import Html, compare, player
from tinyaudio.show.html import data_address

RATE = 16_000
MIME = {"mp3": "audio/mpeg", "flac": "audio/flac", "wav": "audio/wav"}


def tone(f_hz, amplitude=0.5, seconds=0.5, rate=RATE):
    t = torch.arange(int(seconds * rate), dtype=torch.float64) / rate
    return (amplitude * torch.sin(2 * torch.pi * f_hz * t)).float()[None]


def sounds(shown):
    """What a browser would play: (clip, rate, MIME type) of every player, in order."""
    found = []
    for mime, data in re.findall(r'src="data:([\w/]+);base64,([\w+/=]+)"', shown.html):
        samples, rate = soundfile.read(
            io.BytesIO(base64.b64decode(data, validate=True)), dtype="float32", always_2d=True
        )
        found.append((torch.from_numpy(samples.T.copy()), rate, mime))
    return found


# ------------------------------------------------------------------------------ one player


@pytest.mark.parametrize("format", ["flac", "wav"])
@settings(deadline=None, max_examples=25)
@given(
    codes=st.lists(st.integers(-(2**15), 2**15 - 1), min_size=1, max_size=300),
    channels=st.integers(1, 3),
    rate=st.sampled_from([8_000, 16_000, 22_050, 44_100, 48_000]),
)
def test_lossless_formats_keep_every_bit(format, codes, channels, rate):
    clip = torch.tensor(codes)[None].roll(1).float().expand(channels, -1) / 2**15
    [(heard, heard_rate, mime)] = sounds(player(clip, rate, format=format))
    assert torch.equal(heard, clip) and heard_rate == rate and mime == MIME[format]


@pytest.mark.parametrize("format", ["flac", "wav"])
def test_between_two_steps_the_nearest_is_taken(format):
    clip = 2 * torch.rand(1, 4000, generator=torch.Generator().manual_seed(0)) - 1
    [(heard, _, _)] = sounds(player(clip, RATE, format=format))
    # Half a step of 16 bits; at the very top there is no step above 1 - 2^-15.
    assert ((heard - clip).abs() <= 2**-16).logical_or(clip > 1 - 2**-15).all()


@pytest.mark.parametrize(("rate", "amplitude"), [(8_000, 0.9), (16_000, 0.02), (48_000, 0.9)])
def test_mp3_keeps_length_rate_and_level(rate, amplitude):
    clip = tone(440, amplitude, rate=rate)
    [(heard, heard_rate, mime)] = sounds(player(clip, rate))
    assert heard.shape == clip.shape and heard_rate == rate and mime == "audio/mpeg"
    # 0.1 dB is far below what one hears (1 dB); scaling to full level would be 34 dB off.
    assert (rms_db(heard) - rms_db(clip)).abs().item() < 0.1


def test_full_scale_is_not_too_loud():
    clip = torch.tensor([[1.0, -1.0] * 50])
    [(heard, _, _)] = sounds(player(clip, RATE, format="wav"))
    assert (heard - clip).abs().max() <= 2**-15


@pytest.mark.parametrize("format", list(MIME))
def test_stereo_stays_stereo(format):
    clip = torch.cat([tone(300), tone(500, 0.1)])
    shown = player(clip, RATE, "two", format=format)
    [(heard, _, _)] = sounds(shown)
    levels = rms_db(heard)
    assert heard.shape == clip.shape and (levels - rms_db(clip)).abs().max() < 0.2
    level = 10 * math.log10((0.5**2 + 0.1**2) / 4)  # of both channels together
    assert repr(shown) == f"player: two (0.50 s, 16000 Hz, {level:.1f} dB)"


def test_sound_without_a_channel_axis_plays():
    assert torch.equal(sounds(player(torch.zeros(800), RATE))[0][0], torch.zeros(1, 800))


def test_a_sound_that_is_being_trained_plays():
    clip = tone(440).requires_grad_()
    assert sounds(player(clip, RATE, format="flac"))[0][0].shape == clip.shape


def test_repr_says_length_rate_and_level():
    shown = player(tone(440, 0.5), RATE, "A")
    assert isinstance(shown, Html)
    assert repr(shown) == "player: A (0.50 s, 16000 Hz, -9.0 dB)"  # 20 log10(0.5 / sqrt 2)
    assert shown._repr_html_() == shown.html


def test_labels_are_text_not_markup():
    html = player(tone(440), RATE, '<script>alert("1")</script> & \'').html
    assert "<script" not in html and 'aria-label="&lt;script&gt;alert(&quot;1&quot;)' in html
    assert "<figcaption>&lt;script&gt;" in html and "&amp;" in html
    both = compare({"<b>": tone(440), '"': tone(220)}, RATE).html
    assert "<b>" not in both and 'aria-label="&quot;"' in both


def test_a_page_with_players_needs_no_network_and_no_script():
    html = player(tone(440), RATE, "A").html
    assert "http" not in html and "<script" not in html and " controls" in html


@pytest.mark.parametrize(
    ("clip", "rate", "format", "message"),
    [
        (torch.tensor([[0.5, 1.5]]), RATE, "mp3", "peak is 1.50.*audio / audio.abs"),
        (torch.tensor([[0.5, -1.5]]), RATE, "wav", "peak is 1.50"),
        (torch.tensor([[0.0, math.nan]]), RATE, "mp3", "NaN"),
        (torch.tensor([[0.0, math.inf]]), RATE, "flac", "infinite"),
        (torch.zeros(1, 0), RATE, "mp3", "empty"),
        (torch.zeros(0, 10), RATE, "mp3", "empty"),
        (torch.zeros(1, 10), RATE, "ogg", "'ogg'.*mp3, flac, wav"),
        (torch.zeros(1, 10), 10_000, "mp3", "10000 Hz.*format='wav'"),
        (torch.zeros(1, 10), 96_000, "mp3", "96000 Hz.*format='wav'"),
        (torch.zeros(3, 10), RATE, "mp3", "3 channels.*format='wav'"),
        (torch.zeros(1, 10), 0, "wav", "sample rate 0"),
    ],
)
def test_what_cannot_be_played_is_said_in_one_line(clip, rate, format, message):
    play = getattr(player, "__wrapped__", player)  # types are checked under pytest only
    with pytest.raises(AudioError, match=message) as error:
        play(clip, rate, format=format)
    assert "\n" not in str(error.value)


# ------------------------------------------------------------------------------ comparing


@settings(deadline=None, max_examples=25)
@given(
    amplitudes=st.lists(st.floats(1e-4, 4), min_size=1, max_size=4),
    crest=st.integers(1, 200),
    seed=st.integers(0, 2**31),
)
def test_compared_clips_have_one_level_and_none_is_clipped(amplitudes, crest, seed):
    generator = torch.Generator().manual_seed(seed)
    clips = {
        str(i): a * torch.randn(1, 2000, generator=generator) for i, a in enumerate(amplitudes)
    }
    clips["0"][0, 7] *= crest  # one sharp peak, which scaling by level alone would clip
    heard = [clip for clip, _, _ in sounds(compare(clips, RATE, format="wav"))]
    assert len(heard) == len(clips)
    levels = torch.cat([rms_db(clip) for clip in heard])
    # The quietest common level here is about -60 dB, where a step of 16 bits changes it by < 0.01 dB.
    assert (levels - levels[0]).abs().max() < 0.05
    peaks = torch.stack([clip.abs().max() for clip in heard])
    assert peaks.max().item() == pytest.approx(
        0.95, abs=2**-14
    )  # as loud as it goes, and no louder
    for clip, given_clip in zip(heard, clips.values(), strict=True):
        cosine = torch.cosine_similarity(clip, given_clip).item()
        assert cosine > 0.999  # scaled, nothing else


def test_compare_keeps_order_and_labels():
    shown = compare({"loud": tone(440, 0.8), "soft": tone(440, 0.01)}, RATE)
    assert re.findall(r"<figcaption>(\w+)<", shown.html) == ["loud", "soft"]
    first, second, note = repr(shown).split("\n")
    assert first.startswith("player: loud (0.50 s") and second.startswith("player: soft (0.50 s")
    assert first.split(",")[-1] == second.split(",")[-1]
    assert note == "all at the same level (RMS)" and note in shown.html


def test_compare_says_so_in_the_readers_language():
    set_language("ko")
    try:
        assert repr(compare({"가": tone(440)}, RATE)).endswith("맞추었습니다")
    finally:
        set_language("en")


@pytest.mark.parametrize(
    ("clips", "message"),
    [
        ({}, "nothing to compare"),
        ({"a": tone(440), "b": torch.zeros(1, 10)}, "'b' is silent"),
        ({"a": torch.zeros(1, 0)}, "'a' is (silent|empty)"),
        ({"a": tone(440), "b": torch.tensor([[0.1, math.nan]])}, "'b'.*NaN"),
        ({"b": torch.tensor([[0.1, math.inf]]), "a": tone(440)}, "'b'.*NaN"),
    ],
)
def test_what_cannot_be_compared_is_named(clips, message):
    with pytest.raises(AudioError, match=message):
        compare(clips, RATE)


def test_data_address_holds_the_data():
    data = bytes(range(256))
    head, held = data_address(data, "image/webp").split(",")
    assert head == "data:image/webp;base64" and base64.b64decode(held) == data
    assert np.frombuffer(base64.b64decode(held), np.uint8).sum() == 255 * 128
