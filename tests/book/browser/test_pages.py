"""Pages of the book as a reader gets them, each in one visit: what is there, then what moves, by mouse and by keyboard.

The order matters: to lay a page out again, on another screen or on paper, is what costs after opening it.
"""

import re

import pytest

from tests.book.browser import facts

# Which frames of a slider are seen, and what it says of itself twice.
STATE = """
const box = arguments[0].closest('.ta-explore');
return [[...box.querySelectorAll('.ta-frame')].map(f => f.checkVisibility()), box.querySelector('output').textContent,
    arguments[0].getAttribute('aria-valuetext')];
"""


@pytest.fixture(scope="module")
def sliders(page, browser):
    return browser.find_all(".ta-explore input[type=range]")


def test_the_page_is_in_its_language(page, browser):
    assert facts.names_in_another_language(browser, english=page.startswith("en/")) == []


def test_nothing_goes_wrong_and_nothing_comes_from_elsewhere(page, browser):
    assert facts.errors_and_other_hosts(browser) == []


def test_every_sound_has_its_length_and_its_name(page, browser):
    sounds = browser.execute_async("""
        const done = arguments[0], listen = a => a.readyState ? a.duration : new Promise(tell => {
            a.onloadedmetadata = () => tell(a.duration); a.onerror = () => tell(-1); a.load(); });
        // X of an ABX trial has no sound until the start
        const sounds = [...document.querySelectorAll('audio')].filter(a => a.src || a.querySelector('source'));
        Promise.all(sounds.map(async a => [await listen(a), a.ariaLabel])).then(done)""")
    assert all(0.2 < seconds < 60 and name for seconds, name in sounds), sounds
    if page.endswith(("/index.html", "/sound_into_numbers.html")) and "/api/" not in page:
        assert sounds  # so that this test cannot pass by seeing none


def test_mathematics_is_set(page, browser):
    unset = browser.execute("""
        return [...document.querySelectorAll('span.math, div.math')].filter(
            m => m.querySelectorAll('mjx-container').length != 1 || m.querySelector('mjx-merror')).map(m => m.textContent)""")
    assert unset == []
    left_over = browser.execute("return document.querySelector('.bd-article').innerText")
    assert not re.search(r"\\(frac|begin|tag|left)\b|\$\$", left_over)


def test_pictures_are_there_and_described(page, browser):
    unseen = browser.execute_async("""
        const done = arguments[0], see = i => i.decode().then(() => i.alt ? '' : i.src, () => i.src);
        Promise.all([...document.images].map(see)).then(all => done(all.filter(Boolean).map(a => a.slice(0, 99))))""")
    assert unseen == []


def test_the_list_of_a_page_is_no_wider_than_its_column(page, browser):
    if browser.device == "desktop":
        beside = "[...document.querySelectorAll('.bd-sidebar-secondary')]"
        assert browser.execute(f"return {beside}.every(e => e.scrollWidth <= e.clientWidth)")


@pytest.mark.sampled
def test_no_violation(page, browser):
    assert facts.violations(browser) == []


def test_nothing_is_wider_than_a_phone(page, browser):
    if browser.device != "phone":
        browser.emulate("phone", "dark")
    assert facts.wider_than_a_phone(browser) == []


def test_the_first_chapter_has_all_that_moves(page, sliders, browser):
    if "sound_into_numbers" in page:
        assert len(sliders) >= 3 and len(browser.find_all("details.ta-choice")) >= 9


def test_sliders_follow_the_keyboard(page, sliders, browser):
    from selenium.webdriver.common.keys import Keys

    for slider in sliders:
        labels = slider.get_attribute("data-labels").split("\n")
        assert browser.execute(STATE, slider)[0].count(True) == 1
        for key, at in (
            (Keys.HOME, 0),
            (Keys.ARROW_RIGHT, 1),
            (Keys.END, len(labels) - 1),
            (Keys.ARROW_LEFT, len(labels) - 2),
        ):
            slider.send_keys(key)
            shown = [i == at for i in range(len(labels))]
            assert browser.execute(STATE, slider) == [shown, labels[at], labels[at]]


def test_a_slider_stops_the_sound_it_leaves(page, sliders, browser):
    from selenium.webdriver.common.keys import Keys

    for slider in sliders:
        slider.send_keys(Keys.HOME)
        played = browser.execute_async(
            """
            const done = arguments[1], sound = arguments[0].closest('.ta-explore').querySelector('.ta-frame:not([hidden]) audio');
            if (!sound) return done(null);
            window.leaving = sound; sound.muted = true; sound.play().then(() => done(true), e => done(String(e)))""",
            slider,
        )
        slider.send_keys(Keys.END)
        assert played in (None, True)
        assert played is None or browser.execute("return leaving.paused")


def test_quizzes_unfold_and_explain(page, browser):
    """The first choice by keyboard, and all of them by a press."""
    from selenium.webdriver.common.keys import Keys

    assert facts.wrong_choices(browser) == []
    opened = """return [...document.querySelectorAll('details.ta-choice')].map(
        e => e.open && [...e.children].slice(1).every(p => p.checkVisibility() && p.offsetHeight > 10))"""
    summaries = browser.find_all("details.ta-choice > summary")
    for summary in summaries[:1]:
        summary.send_keys(Keys.ENTER)
        assert browser.execute(opened) == [True] + [False] * (len(summaries) - 1)
    others = "document.querySelectorAll('details.ta-choice:not([open]) > summary').forEach(e => e.click())"
    browser.execute(others)
    assert browser.execute(opened) == [True] * len(summaries)


def test_everything_that_takes_the_keyboard_shows_it(page, browser):
    unseen = browser.execute("""
        return [...document.querySelectorAll('.bd-article summary, .ta-explore input, .ta-language a')].filter(e => {
            e.focus({focusVisible: true}); const s = getComputedStyle(e);
            return document.activeElement == e && s.outlineStyle == 'none' && s.boxShadow == 'none' }).map(e => e.outerHTML.slice(0, 99))""")
    assert unseen == []


@pytest.mark.sampled
def test_on_paper_nothing_waits_to_be_pressed(page, browser):
    """Every answer open, a slider's first picture, and of a player what was to be heard."""
    browser.execute(
        "document.querySelectorAll('details.ta-choice').forEach(e => { e.open = false; })"
    )
    browser.here = None  # on paper all is light
    browser.emulate("desktop", "light", "print")
    choices, audio, labels, pictures = browser.execute("""
        const of = name => [...document.querySelectorAll('.bd-article ' + name)].filter(e => !e.closest('[hidden]'));
        return [[...document.querySelectorAll('.ta-choice > p')].map(p => p.offsetHeight > 10),
            ...['audio', '.ta-player figcaption', '.ta-frame:not([hidden]) img'].map(name => of(name).map(e => e.offsetHeight > 0))]""")
    assert all(choices) and len(choices) >= len(browser.find_all("details.ta-choice"))
    assert not any(audio) and all(labels) and len(labels) == len(audio) and all(pictures)
