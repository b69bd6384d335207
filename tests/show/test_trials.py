"""A preference trial: every pair is there once, blind, and what the handler counts is the exact test."""

import html
import json
import re
import shutil
import subprocess

import pytest
import torch

from tests.show.test_players import sounds
from tinyaudio.audio import rms_db
from tinyaudio.errors import AudioError
from tinyaudio.language import set_language
from tinyaudio.metrics.preference import read_choices, sign_test
from tinyaudio.show import preference
from tinyaudio.show.trials import CHOOSE

RATE = 16_000


def tones(n, hz, amplitude=0.5):
    t = torch.arange(4_000) / RATE
    return [amplitude * torch.sin(2 * torch.pi * (hz + 50 * i) * t)[None] for i in range(n)]


def test_each_button_names_the_system_of_the_player_above_it():
    shown = preference({"low": tones(6, 500), "high": tones(6, 4_000)}, RATE, format="wav")
    values = re.findall(r'<button type="button" value="(\w+)">', shown.html)
    clips = [clip for clip, _, _ in sounds(shown)]
    assert len(values) == len(clips) == 12
    for value, clip in zip(values, clips, strict=True):
        spectrum = torch.fft.rfft(clip[0]).abs()
        assert (spectrum.argmax() * RATE / 4_000 > 2_000).item() == (value == "high")
    assert all(set(values[i : i + 2]) == {"low", "high"} for i in range(0, 12, 2))


def test_the_order_is_the_seed_s_and_not_always_the_same():
    def order(seed):
        shown = preference({"a": tones(8, 500), "b": tones(8, 900)}, RATE, seed)
        return re.findall(r'value="(\w)"', shown.html)[::2]

    assert order(0) == order(0) != order(1)
    assert set(order(0)) == {"a", "b"}


def test_nothing_that_is_shown_names_a_system():
    shown = preference({"networkA": tones(2, 500), "networkB": tones(2, 900)}, RATE).html
    text = re.sub(r"<[^>]*>", " ", re.sub(r'"[^"]*"', '""', shown))
    assert "network" not in text
    assert not re.search(r'(aria-label|alt)="[^"]*network', shown)


def test_all_sounds_have_one_level():
    shown = preference({"a": tones(3, 500), "b": tones(3, 900, 0.01)}, RATE, format="wav")
    levels = torch.stack([rms_db(clip.flatten()) for clip, _, _ in sounds(shown)])
    assert levels.max() - levels.min() < 0.01


def test_only_the_first_pair_is_to_be_seen_and_the_language_is_the_reader_s():
    clips = {"a": tones(3, 500), "b": tones(3, 900)}
    shown = preference(clips, RATE).html
    assert shown.count("<fieldset>") == 1 and shown.count("<fieldset hidden>") == 2
    english = preference(clips, RATE).html
    set_language("ko")
    try:
        korean = preference(clips, RATE).html
    finally:
        set_language("en")
    assert "the first is better" in english and not re.search("[가-힣]", english)
    assert "첫째가 더 좋다" in korean


@pytest.mark.parametrize("sizes", [(2,), (2, 2, 2), (2, 3), (0, 0)])
def test_other_than_pairs_are_refused(sizes):
    with pytest.raises(AudioError):
        preference({f"system {i}": tones(n, 500) for i, n in enumerate(sizes)}, RATE)


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
@pytest.mark.parametrize("wins", [0, 3, 4, 8])
def test_the_page_counts_as_the_package_does(wins, tmp_path):
    """The handler, on stand-ins for the page's elements."""
    chosen = ["a"] * wins + ["b"] * (8 - wins)
    page = """
    const pairs = CHOSEN.map(() => ({dataset: {}, querySelectorAll: () => [], querySelector: () => ({focus() {}})}));
    const output = {}, link = {hidden: true};
    const box = {dataset: {systems: '["a", "b"]'}, querySelectorAll: () => pairs,
                 querySelector: what => what == 'a' ? link : output};
    const choose = new Function('event', HANDLER);
    CHOSEN.forEach((value, i) => choose.call(box, {target: {closest: () => ({value, closest: () => pairs[i]})}}));
    console.log(JSON.stringify([output.textContent, link.hidden, link.href]));
    """.replace("CHOSEN", json.dumps(chosen)).replace("HANDLER", json.dumps(html.unescape(CHOOSE)))
    run = subprocess.run(["node", "-e", page], capture_output=True, text=True, check=True)
    text, hidden, href = json.loads(run.stdout)
    assert text == f"a {wins}, b {8 - wins}; p = {sign_test(wins, 8):.3f}" and hidden is False
    decoded = subprocess.run(
        ["node", "-e", f"console.log(decodeURIComponent({json.dumps(href)}.split(',', 2)[1]))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    file = tmp_path / "choices.json"
    file.write_text(decoded.stdout)
    assert read_choices(file) == {"a": wins, "b": 8 - wins}
