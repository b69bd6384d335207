"""What moves on a page without a kernel: sliders, quizzes, players, search.  By mouse and by keyboard."""

import pytest

FRAMES = "return [...arguments[0].closest('.ta-explore').querySelectorAll('.ta-frame')].map(f => f.checkVisibility())"
LABEL = "return arguments[0].closest('.ta-explore').querySelector('output').textContent"


@pytest.fixture(scope="module")
def sliders(chapter, browser):
    return browser.find_all(".ta-explore input[type=range]")


@pytest.fixture(scope="module")
def choices(chapter, browser):
    return browser.find_all("details.ta-choice")


def test_the_first_chapter_has_all_that_is_tested_here(chapter, sliders, choices):
    if "sound_into_numbers" in chapter:
        assert len(sliders) >= 3 and len(choices) >= 9


def test_sliders_follow_the_keyboard(chapter, sliders, browser):
    from selenium.webdriver.common.keys import Keys

    for slider in sliders:
        labels = slider.get_attribute("data-labels").split("\n")
        assert browser.execute(FRAMES, slider).count(True) == 1
        for key, at in (
            (Keys.HOME, 0),
            (Keys.ARROW_RIGHT, 1),
            (Keys.END, len(labels) - 1),
            (Keys.ARROW_LEFT, len(labels) - 2),
        ):
            slider.send_keys(key)
            assert browser.execute(FRAMES, slider) == [i == at for i in range(len(labels))]
            assert (
                browser.execute(LABEL, slider)
                == slider.get_attribute("aria-valuetext")
                == labels[at]
            )


def test_a_slider_stops_the_sound_it_leaves(chapter, sliders, browser):
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


def test_quizzes_unfold_by_keyboard_and_explain(chapter, choices, browser):
    from selenium.webdriver.common.keys import Keys

    for choice in choices:
        assert not choice.get_attribute("open")
        summary = choice.find_element("tag name", "summary")
        summary.send_keys(Keys.ENTER)
        assert choice.get_attribute("open")
        why = choice.text.replace(summary.text, "").strip()
        assert why[0] in "✔✘" and len(why) > 15
    right = [choice for choice in choices if "✔" in choice.text]
    assert len(right) == len(choices) // 3


def test_everything_that_takes_the_keyboard_shows_it(chapter, browser):
    unseen = browser.execute("""
        return [...document.querySelectorAll('.bd-article summary, .ta-explore input, .ta-language a')].filter(e => {
            e.focus({focusVisible: true}); const s = getComputedStyle(e);
            return document.activeElement == e && s.outlineStyle == 'none' && s.boxShadow == 'none' }).map(e => e.outerHTML.slice(0, 99))""")
    assert unseen == []


def test_on_paper_nothing_waits_to_be_pressed(chapter, choices, browser):
    """Every answer open, a slider's first picture, and of a player what was to be heard."""
    browser.driver.refresh()
    try:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        hidden = browser.execute(
            "return [...document.querySelectorAll('.ta-choice > p')].map(p => p.offsetHeight)"
        )
        assert len(hidden) >= len(choices) and all(height > 10 for height in hidden)
        shown = """return ['audio', '.ta-player figcaption', '.ta-frame:not([hidden]) img'].map(
            name => [...document.querySelectorAll('.bd-article ' + name)].filter(e => !e.closest('[hidden]')).map(e => e.offsetHeight > 0))"""
        audio, labels, pictures = browser.execute(shown)
        assert not any(audio) and all(labels) and len(labels) == len(audio) and all(pictures)
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize(
    ("search", "words", "finds"),
    [
        ("search.html", "샘플", "sound_into_numbers"),
        ("search.html", "위상을", "sound_into_numbers"),
        ("search.html", "WaveNet", "index"),
        ("en/search.html", "aliasing", "sound_into_numbers"),
    ],
)
def test_search_finds(search, words, finds, browser):
    from selenium.webdriver.support.ui import WebDriverWait

    browser.open(f"{search}?q={words}")
    # Results come one after the other.
    results = "return [...document.querySelectorAll('#search-results a')].map(a => a.href)"
    wanted = lambda driver: any(finds in href for href in driver.execute_script(results))  # noqa: E731
    assert WebDriverWait(browser.driver, 10).until(wanted)
    assert browser.console_errors() == []


def test_search_says_that_there_is_nothing(browser):
    from selenium.webdriver.support.ui import WebDriverWait

    browser.open("search.html?q=쀍뛣")
    empty = "return document.querySelector('.search-summary')?.textContent.includes('없')"
    assert WebDriverWait(browser.driver, 10).until(lambda driver: driver.execute_script(empty))
    assert browser.find_all("#search-results a") == []
