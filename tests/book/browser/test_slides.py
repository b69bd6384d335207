"""Two chapters' slides in a browser: from the disk, by keys, heard, and nothing out of reach."""

import pytest
from selenium.webdriver.common.keys import Keys

from tools.book import SOURCES, slides

DECKS = [(name, language) for name in ("sound_into_numbers", "vqvae") for language in ("ko", "en")]
SET = "const done = arguments[0]; MathJax.startup.promise.then(() => done(true))"
HERE = "return document.querySelector('#place').textContent"
SHOWN = "return [...document.querySelectorAll('.slide')].filter(e => e.checkVisibility() && e.offsetHeight).length"
DURATIONS = """
const done = arguments[0], audios = [...document.querySelectorAll('audio')];
const ask = () => audios.every(a => a.readyState) ? done(audios.map(a => a.duration)) : setTimeout(ask, 20);
ask();
"""
# Of every slide: what is right of it, and how much of it is below the screen.
SIZES = """
return [...document.querySelectorAll('.slide')].map((slide, i) => {
  location.hash = `#${i + 1}`;
  slide.hidden = false;
  const found = [slide.scrollWidth - slide.clientWidth, slide.scrollHeight / slide.clientHeight];
  slide.hidden = true;
  return found;
});
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder with the decks of both chapters."""
    folder = tmp_path_factory.mktemp("decks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slides, "BUILD", folder)
        slides.write([SOURCES / f"{name}.md" for name in dict.fromkeys(name for name, _ in DECKS)])
    return folder / "slides"


@pytest.fixture(scope="module", params=DECKS, ids="-".join)
def opened(request, browser, written):
    """A deck, read from the disk."""
    name, language = request.param
    browser.here = None
    browser.emulate("desktop", "light")
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": False},
    )
    browser.go((written / language / f"{name}.html").as_uri())
    browser.execute_async(SET)
    return browser


def test_nothing_is_asked_of_another_machine_and_the_formulas_are_set(opened):
    assert {url.split(":")[0] for url in opened.requests()} <= {"file", "data"}
    assert opened.console_errors() == []
    assert len(opened.find_all("mjx-container[display='true']")) >= 4
    assert opened.find_all("mjx-merror") == []


def test_every_sound_plays(opened):
    durations = opened.execute_async(DURATIONS)
    assert len(durations) > 10 and all(0.1 < seconds < 60 for seconds in durations)


def test_keys_lead_from_the_first_slide_to_the_last(opened):
    n = len(opened.find_all(".slide"))
    for key, place in (
        *((Keys.HOME, 1), (Keys.ARROW_RIGHT, 2), (Keys.PAGE_DOWN, 3), (Keys.SPACE, 4)),
        *((Keys.ARROW_LEFT, 3), (Keys.END, n), (Keys.ARROW_RIGHT, n), (Keys.PAGE_UP, n - 1)),
        *((Keys.HOME, 1), (Keys.ARROW_LEFT, 1)),
    ):
        opened.driver.switch_to.active_element.send_keys(key)
        assert opened.execute(HERE) == f"{place} / {n}"
        assert opened.execute(SHOWN) == 1


def test_a_slide_fits_the_screen_or_scrolls_a_little(opened):
    sizes = opened.execute(SIZES)
    assert max(right for right, _ in sizes) <= 0
    assert max(screens for _, screens in sizes) < 1.6
    assert sum(screens > 1 for _, screens in sizes) <= len(sizes) / 5
