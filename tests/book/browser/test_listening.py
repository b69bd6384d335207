"""A listening test on a page without a kernel: blind, shuffled, counted exactly, saved."""

import json
from urllib.parse import unquote

import pytest
import torch

from tinyaudio.metrics.listening import read_answers
from tinyaudio.show.listening import listening_test

N = 12
PAIRS = [(torch.zeros(1, 80), torch.full((1, 80), (i + 1) / 100)) for i in range(N)]
VISIBLE = "return [...document.querySelectorAll('.ta-trial')].filter(t => t.checkVisibility())"
SYSTEMS = "return [...arguments[0].querySelectorAll('audio')].map(a => [a.dataset.system, a.src])"


@pytest.mark.parametrize("kind", ["preference", "abx"])
def test_a_listener_who_always_hears_it(kind, browser, tmp_path):
    """Who prefers system 1, or recognises X, each time: all N answers are 1, and p is that of N heads."""
    shown = listening_test(kind, PAIRS, 8_000, ("new", "old"), "Which?", "wav")
    page = tmp_path / "test.html"
    page.write_text(f"<!DOCTYPE html><meta charset='utf-8'><body>{shown.html}</body>")
    browser.here = None
    browser.emulate("desktop", "light")
    browser.go(page.as_uri())
    assert browser.execute(VISIBLE) == []
    orders, sides, x_sources = [], set(), set()
    for start in range(2):
        browser.find_all(".ta-start")[0].click()
        order = []
        while trials := browser.execute(VISIBLE):
            (trial,) = trials
            sounds = browser.execute(SYSTEMS, trial)
            wanted = sounds[2][0] if kind == "abx" else "1"
            at = [system for system, _ in sounds[:2]].index(wanted)
            if kind == "abx":
                assert sounds[2][1] == sounds[at][1]  # X is one of both, to the bit
                x_sources.add(wanted)
            sides.add(at)
            order.append(trial.get_attribute("data-pair"))
            trial.find_elements("css selector", "button")[at].click()
        assert sorted(order, key=int) == [str(i) for i in range(N)]
        orders.append(order)
    assert orders[0] != orders[1] and sides == {0, 1} and len(x_sources) in (0, 2)
    saved = browser.execute("return document.querySelector('.ta-result a').href")
    answers = tmp_path / "listening.json"
    answers.write_text(unquote(saved.split(",", 1)[1]))
    found = read_answers(answers)
    cells = browser.execute("return [...document.querySelectorAll('td')].map(e => e.textContent)")
    assert found.counts == (0, N) and found.systems == ("new", "old") and found.kind == kind
    assert cells[:2] == ["0", str(N)] and float(cells[2]) == pytest.approx(found.p, rel=5e-3)
    assert json.loads(answers.read_text())["trials"][0].keys() == {"pair", "answer"}
    assert browser.console_errors() == []
