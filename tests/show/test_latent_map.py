"""A map of latents: every cell is a button with its own sound inside it, at its place, from the keyboard too."""

import base64
import io
import re
from html.parser import HTMLParser

import pytest
import soundfile
import torch

from tinyaudio.errors import AudioError
from tinyaudio.language import set_language
from tinyaudio.show.latent_map import latent_map

RATE, ROWS, COLUMNS = 16_000, 3, 4
X, Y = [-1.5, -0.5, 0.5, 1.5], [1.0, 0.0, -1.0]
VOID = {"img", "br"}


def pitch_hz(i, j):
    return 200.0 + 100 * (COLUMNS * i + j)


@pytest.fixture(scope="module")
def shown():
    """A tone of its own in every cell, each louder than the last, as a decoder far from its data makes them."""
    t = torch.arange(RATE // 4) / RATE
    clips = torch.stack(
        [
            torch.stack(
                [
                    10.0 ** (i + j - 2) * torch.sin(2 * torch.pi * pitch_hz(i, j) * t)
                    for j in range(COLUMNS)
                ]
            )
            for i in range(ROWS)
        ]
    )
    return latent_map(clips, torch.zeros(ROWS, COLUMNS, 80, 16), X, Y, RATE, 'a <"plane">')


class Tags(HTMLParser):
    """Every tag with its attributes, and whether all that were opened are closed in order."""

    def __init__(self):
        super().__init__()
        self.found, self.open = [], []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), list(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def tags(html):
    parser = Tags()
    parser.feed(html)
    parser.close()
    assert not parser.open
    return parser.found


def test_every_cell_is_a_button_with_the_sound_of_its_place(shown):
    found = tags(shown.html)
    buttons = [attrs for tag, attrs, _ in found if tag == "button"]
    sounds = [attrs["data-sound"] for attrs in buttons]
    assert len(buttons) == len(sounds) == ROWS * COLUMNS
    for n, (button, sound) in enumerate(zip(buttons, sounds, strict=True)):
        i, j = divmod(n, COLUMNS)
        assert button["aria-label"] == f"z = ({X[j]:.3g}, {Y[i]:.3g})"
        data = base64.b64decode(sound.removeprefix("data:audio/mpeg;base64,"), validate=True)
        heard, rate = soundfile.read(io.BytesIO(data))
        loudest = abs(torch.fft.rfft(torch.tensor(heard))).argmax().item()
        assert abs(loudest * rate / len(heard) - pitch_hz(i, j)) < 5
        assert 20 * torch.tensor(heard).square().mean().sqrt().log10() == pytest.approx(
            -20, abs=0.5
        )


def test_it_needs_no_network_and_no_kernel(shown):
    assert not re.search(r"https?:|<script|<link|\burl\((?!data:)", shown.html)
    assert not {tag for tag, *_ in tags(shown.html)} & {"img", "audio"}  # the button has both


def test_it_is_reached_and_read_without_a_mouse(shown):
    found = tags(shown.html)
    [group] = [attrs for _, attrs, _ in found if attrs.get("role") == "group"]
    assert group["aria-label"] == 'a <"plane">' and group["data-columns"] == str(COLUMNS)
    assert "Arrow" in group["onkeydown"]
    for tag, attrs, _ in found:
        assert tag != "button" or ("onclick" in attrs and "tabindex" not in attrs)


def test_it_is_small(shown):
    assert len(shown.html) / (ROWS * COLUMNS) < 8_000  # bytes for a quarter of a second


def test_it_speaks_both_languages():
    one = (
        torch.rand(1, 1, 1600) - 0.5,
        torch.zeros(1, 1, 80, 4),
        [0.0],
        [0.0],
        RATE,
        "x",
        [["<b>"]],
    )
    texts = []
    for language in ("ko", "en"):
        set_language(language)
        texts.append(latent_map(*one).html)
    assert "화살표 키" in texts[0] and "arrow keys" in texts[1]
    assert 'aria-label="z = (0, 0): &lt;b&gt;"' in texts[1]


def test_silence_stays_silence():
    latent_map(torch.zeros(1, 1, 1600), torch.zeros(1, 1, 80, 4), [0.0], [0.0], RATE, "silence")


@pytest.mark.parametrize("notes", [(), [["a", "b"]]])
def test_sizes_that_do_not_fit_are_refused(notes):
    rows = 2 if not notes else 1
    with pytest.raises(AudioError, match=r"one of each|one for every point"):
        latent_map(
            torch.rand(1, 1, 1600), torch.zeros(1, 1, 80, 4), [0.0], [0.0] * rows, RATE, "x", notes
        )
