"""The style sheet: found by its name, colours that can be seen and told apart, letters that are there."""

import itertools
import logging

import numpy as np
import pytest
from matplotlib import font_manager, rcParams
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

# What a viewer without the long, or the middle, cones sees (Machado et al. 2009), of linear RGB.
NO_LONG = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
]
NO_MIDDLE = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
]


@pytest.fixture(autouse=True)
def book():
    with plt.style.context("tinyaudio.show.book"):
        yield
    plt.close("all")


def cycle():
    return [entry["color"] for entry in rcParams["axes.prop_cycle"]]


def linear(colour):
    c = np.array(to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    """By WCAG 2."""
    light, dark = sorted((linear(c) @ [0.2126, 0.7152, 0.0722] for c in (a, b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(rgb):
    """CIE L*a*b* of linear RGB."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(to_xyz @ np.clip(rgb, 0, 1) / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_every_colour_stands_out_from_the_paper():
    assert len(cycle()) >= 7 and contrast("black", "white") == pytest.approx(21)
    for colour in (*cycle(), rcParams["axes.edgecolor"], rcParams["text.color"]):
        assert contrast(colour, rcParams["axes.facecolor"]) >= 3, colour


@pytest.mark.parametrize(
    "seen", [np.eye(3), NO_LONG, NO_MIDDLE], ids=["all", "no long", "no middle"]
)
def test_colours_stay_apart_for_every_viewer(seen):
    """20 is what separates two neighbouring lines at a glance; stock matplotlib's closest are at 5."""
    colours = [lab(np.array(seen) @ linear(one)) for one in cycle()]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(colours, 2)) > 20


def test_korean_letters_have_a_face_where_one_is_installed_and_no_warning_elsewhere(caplog):
    assert rcParams["font.family"][0] == "sans-serif" and rcParams["font.sans-serif"] == [
        "DejaVu Sans"
    ]
    assert (
        "NanumGothic" in rcParams["font.fantasy"] and "DejaVu Sans" == rcParams["font.fantasy"][-1]
    )
    with caplog.at_level(logging.WARNING, "matplotlib.font_manager"):
        figure, ax = plt.subplots()
        ax.set(title="σ, 1 → 2", xlabel="-1")
        figure.canvas.draw()
        font_manager.fontManager._find_fonts_by_props(font_manager.FontProperties())
    assert not caplog.records


def test_a_picture_of_the_book_is_drawn_in_it():
    figure, ax = plt.subplots()
    assert not ax.spines["top"].get_visible() and figure.get_constrained_layout()
    assert tuple(figure.get_size_inches()) == (6.5, 2.5)
    assert ax.imshow([[0, 1]]).get_cmap().name == "magma"
