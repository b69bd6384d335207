"""A slider: drawn beforehand in the book, live in a notebook; the same pictures and sounds in both."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from PIL import Image

from tinyaudio.show import Html, explore, player


@pytest.fixture
def book(monkeypatch):
    monkeypatch.setenv("TINYAUDIO_BUILD", "1")


@pytest.fixture
def notebook(monkeypatch):
    monkeypatch.delenv("TINYAUDIO_BUILD", raising=False)


def draw(height):
    """A white picture with a black band; and nothing to hear."""
    figure, ax = plt.subplots(figsize=(1, 1))
    ax.set_axis_off()
    ax.axhspan(0, height, color="black")
    ax.set_ylim(0, 10)
    return figure, None


class Page(HTMLParser):
    """Every element of a page: (name, attributes), in order."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self.open = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, "elements are nested"

    def all(self, tag, css=None):
        return [
            attrs
            for name, attrs in self.elements
            if name == tag and (css is None or attrs.get("class") == css)
        ]


@pytest.mark.parametrize("start", [0, 2])
def test_every_value_has_its_frame_and_one_is_shown(book, start):
    values = [1, 5, 9]
    shown = explore(draw, "height", values, start=start)
    assert isinstance(shown, Html) and repr(shown) == "explore: height in 1, 5, 9"
    page = Page(shown.html)
    assert not page.open
    frames = page.all("div", "ta-frame")
    assert [i for i, frame in enumerate(frames) if "hidden" not in frame] == [start]
    pictures = page.all("img")
    assert len(frames) == len(pictures) == len(values)
    assert [one["alt"] for one in pictures] == ["height: 1", "height: 5", "height: 9"]
    [slider] = page.all("input")
    assert (slider["min"], slider["max"], slider["step"]) == ("0", "2", "1")
    assert slider["value"] == str(start) and slider["aria-valuetext"] == str(values[start])
    dark = []
    for one in pictures:
        kind, data = one["src"].split(";base64,")
        image = Image.open(io.BytesIO(base64.b64decode(data)))
        assert kind == "data:image/webp" and image.format == "WEBP"
        dark.append((np.asarray(image.convert("L")) < 128).mean())
    assert dark == sorted(dark) and dark[-1] > 2 * dark[0]  # each frame is its own value's picture


def test_figures_are_closed(book):
    before = plt.get_fignums()
    explore(draw, "height", [1, 2, 3])
    assert plt.get_fignums() == before


def test_a_sound_goes_below_its_picture(book):
    clips = {f: torch.full((1, 800), f / 10) for f in (1, 2)}

    def with_sound(f):
        return draw(f)[0], player(clips[f], 16_000, f"sound {f}", "wav")

    page = Page(explore(with_sound, "f", [1, 2]).html)
    assert [one["aria-label"] for one in page.all("audio")] == ["sound 1", "sound 2"]
    assert [tag for tag, _ in page.elements if tag in ("img", "audio")] == ["img", "audio"] * 2


def test_labels_are_text_and_survive_the_slider(book):
    values = ["<script>", "a|b", '"', "⟦소리|sound⟧"]
    shown = explore(lambda value: draw(1), "<i>x</i>", values)
    assert "<script" not in shown.html and "<i>" not in shown.html
    [slider] = Page(shown.html).all("input")
    # What the handler does with them: one label a value, none of them cut in two.
    split = re.search(r"labels\.split\('(.*?)'\)", slider["oninput"])[1]
    assert split == r"\n" and slider["data-labels"].split("\n") == values


def test_moving_the_slider_shows_the_other_frame(book):
    """The handler says which frames it hides; a browser runs it in the tests of the site."""
    [slider] = Page(explore(draw, "h", [1, 2]).html).all("input")
    assert "f.hidden=i!=this.value" in slider["oninput"] and "a.pause()" in slider["oninput"]
    # No identifier: two sliders on a page must not move each other.
    assert (
        "getElementById" not in slider["oninput"] and ".closest('.ta-explore')" in slider["oninput"]
    )


@pytest.mark.parametrize("where", ["book", "notebook"])
@pytest.mark.parametrize(
    ("values", "start", "message"),
    [
        ([], 0, "1 to 12 values, not 0"),
        (list(range(13)), 0, "1 to 12 values, not 13"),
        ([1, 2], 2, "0 to 1, not 2"),
        ([1, 2], -1, "0 to 1, not -1"),
    ],
)
def test_values_and_start_are_checked(request, where, values, start, message):
    request.getfixturevalue(where)
    with pytest.raises(ValueError, match=message):
        explore(draw, "x", values, start=start)


def test_twelve_values_are_allowed(book):
    assert explore(draw, "x", range(12), start=11).html.count(" hidden>") == 11


def test_live_it_is_a_widget_that_draws(notebook, monkeypatch):
    from IPython import display as shown_by
    from ipywidgets import SelectionSlider

    displayed = []
    monkeypatch.setattr(shown_by, "display", displayed.append)
    drawn = []
    sound = player(torch.zeros(1, 800), 16_000, "silence")

    def live(value):
        drawn.append(value)
        return draw(value)[0], sound if value == 9 else None

    widget = explore(live, "height", [1, 5, 9], start=1)
    [slider] = [child for child in widget.children if isinstance(child, SelectionSlider)]
    assert slider.value == 5 and slider.description == "height"
    before = plt.get_fignums()
    drawn.clear(), displayed.clear()  # ipywidgets 8 draws when it is made, 7 when it is shown
    widget.update()
    slider.value = 9
    assert drawn == [5, 9]
    assert [type(one).__name__ for one in displayed] == ["Figure", "Figure", "Html"]
    assert plt.get_fignums() == before  # closed, or the notebook would show each a second time
