"""What JavaScript of our own adds to the pages: live figures, sounds that take turns, figures that enlarge."""

import re

import pytest

from tests.book.browser.facts import errors_and_other_hosts

FIGURES = {
    "sound_into_numbers": "aliasing",
    "dilated_causal_convolution": "receptive_field",
    "instantaneous_frequency": "phasor",
    "diffusion_from_scratch": "noise",
}
PAGES = [
    (f"{folder}/{chapter}.html", figure)
    for folder in ("book/ko", "en/book/en")
    for chapter, figure in FIGURES.items()
]
READY = """
const done = arguments[0], ask = () => [...document.querySelectorAll('.ta-live')].every(box => 'ready' in box.dataset)
    ? done(true) : setTimeout(ask, 20); ask()"""
SAYS = "return document.querySelector('.ta-live').innerText"


def opened(browser, page, device="desktop", theme="light"):
    """Open a page, if it is not the one that the last test left."""
    if browser.here != page:
        browser.open(page, device, theme)
        browser.execute_async(READY)
        browser.find_all(".bd-article h1")[0].click()  # only who has touched a page may hear it


@pytest.fixture(scope="module", params=PAGES, ids=lambda one: one[0])
def figure(request, browser):
    """A page with its live figure, drawn, on a phone in the dark."""
    page, name = request.param
    opened(browser, page, "phone", "dark")
    return page, name


def test_it_is_drawn_and_says_what_it_shows_in_the_page_s_language(figure, browser):
    page, name = figure
    (box,) = browser.find_all(f".ta-live[data-figure={name}]")
    labels = [box, *box.find_elements("css selector", "svg")]
    words = [one.get_attribute("aria-label") for one in labels] + [box.text]
    hangul = [bool(re.search("[가-힣]", text)) for text in words]
    assert all(hangul) if page.startswith("book/ko") else not any(hangul), words
    assert errors_and_other_hosts(browser) == []


def test_its_controls_work_by_keyboard(figure, browser):
    """Every slider and every button changes what is shown or heard."""
    from selenium.webdriver.common.keys import Keys

    for slider in browser.find_all(".ta-live input[type=range]"):
        slider.send_keys(Keys.HOME)
        before = browser.execute(SAYS)
        slider.send_keys(Keys.END)
        assert browser.execute(SAYS) != before
        assert slider.get_attribute("aria-valuetext") in browser.execute(SAYS)
    for button in browser.find_all(".ta-live button"):
        was = button.get_attribute("aria-pressed")
        button.send_keys(Keys.ENTER)
        sounds = "ta-sound" in (button.get_attribute("class") or "")
        assert button.get_attribute("aria-pressed") == ("true" if was == "false" else was)
        if sounds:
            button.send_keys(Keys.SPACE)
            assert button.get_attribute("aria-pressed") == "false"
    assert browser.console_errors() == []


def test_it_fits_a_phone(figure, browser):
    inside = """return [...document.querySelectorAll('.ta-live, .ta-live svg, .ta-live button, .ta-live input')]
        .every(e => e.getBoundingClientRect().right <= 390 && e.getBoundingClientRect().left >= 0)"""
    assert browser.execute(inside)


def a_tone_that_is_dragged_folds(browser):
    """f kHz at 16 kHz is heard at |f - 16 round(f / 16)|."""
    from selenium.webdriver.common.action_chains import ActionChains

    (picture,) = browser.find_all(".ta-live svg")
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", picture)
    seen = []
    for part in (-0.3, 0.0, 0.2, 0.35):
        at = ActionChains(browser.driver).move_to_element_with_offset(
            picture, round(part * picture.size["width"]), 0
        )
        at.click_and_hold().move_by_offset(2, 0).release().perform()
        f, heard = map(
            float,
            re.search(r"([\d.]+) → ([\d.]+) kHz", picture.get_attribute("textContent")).groups(),
        )
        assert heard == pytest.approx(abs(f - 16 * round(f / 16)), abs=0.051)
        seen.append(f)
    assert seen == sorted(seen) and seen[0] < 8 < seen[-1]


def the_receptive_field_is_that_of_the_formula(browser):
    for button in browser.find_all(".ta-live button"):
        button.click()
        dilations = list(map(int, button.text.split()))
        touched = {0}
        for d in dilations:
            touched |= {place + d for place in touched}
        says = browser.execute("return document.querySelector('.ta-live [aria-live]').textContent")
        assert f"sees {len(touched)} inputs" in says
        assert f"field of {1 + sum(dilations)}." in says


def unwrapping_fails_where_it_turns_more_than_half_a_turn(browser):
    (slider,) = browser.find_all(".ta-live input")
    set_to = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))"
    for hop in browser.find_all(".ta-choices button"):
        hop.click()
        for f in (60, 240, 480):
            browser.execute(set_to, slider, f)
            turn, nu = re.search(r"= (\S+), ν = (\S+)\.", browser.execute(SAYS)).groups()
            exact = 2 * f * int(hop.text) / 16_000
            wrapped = (exact + 1) % 2 - 1
            assert float(turn) == pytest.approx(exact, abs=0.0051)
            if abs(exact % 2 - 1) > 0.01:  # at exactly half a turn both signs are right
                assert float(nu.replace("−", "-")) == pytest.approx(wrapped, abs=0.0051)
            assert ("another slope" in browser.execute(SAYS)) == (exact > 1)


EXACT = {
    "aliasing": a_tone_that_is_dragged_folds,
    "receptive_field": the_receptive_field_is_that_of_the_formula,
    "phasor": unwrapping_fails_where_it_turns_more_than_half_a_turn,
}


def test_it_shows_what_the_formula_says(figure, browser):
    page, name = figure
    if page.startswith("en/") and name in EXACT:
        EXACT[name](browser)


PLAY = """
const [index, done] = arguments, sound = document.querySelectorAll('audio')[index];
sound.muted = true; sound.play().then(() => done(true), e => done(String(e)))"""
PLAYING = "return [...document.querySelectorAll('audio')].flatMap((a, i) => a.paused ? [] : [i])"


def test_a_switch_goes_on_at_the_same_position(browser):
    opened(browser, "en/book/en/index.html")
    browser.execute("document.querySelectorAll('audio').forEach(a => { a.muted = true; })")
    first, second = browser.find_all(".ta-cover-ab .ta-switch button")
    first.click()
    browser.execute("document.querySelector('.ta-cover-ab audio').currentTime = 2")
    second.click()
    at = "return [...document.querySelectorAll('.ta-cover-ab audio')].map(a => [a.paused, a.currentTime])"
    (stopped, left), (silent, position) = browser.execute(at)
    assert stopped and not silent and position >= 2 and abs(position - left) < 0.5
    shown = """
        const done = arguments[0], hidden = () => [...document.querySelectorAll('.ta-cover-picture img')].map(i => i.hidden);
        const until = performance.now() + 2000; // the event that changes it comes a moment after the press
        const ask = () => hidden()[0] || performance.now() > until ? done(hidden()) : setTimeout(ask, 10); ask();"""
    assert browser.execute_async(shown) == [True, False]
    second.click()
    assert browser.execute(PLAYING) == []


def test_every_player_says_how_long_it_is(browser):
    opened(browser, "en/book/en/index.html")
    captions = [
        one.get_attribute("textContent") for one in browser.find_all(".ta-player figcaption")
    ]
    assert captions and all(re.search(r" · \d+\.\d s$", text) for text in captions), captions


def test_one_sounds_at_a_time(browser):
    opened(browser, "book/ko/sound_into_numbers.html")
    for index in (0, 1, 0):
        assert browser.execute_async(PLAY, index) is True
        assert browser.execute(PLAYING) == [index]
    (tone,) = browser.find_all(".ta-live .ta-sound")
    tone.click()
    assert browser.execute(PLAYING) == [] and tone.get_attribute("aria-pressed") == "true"
    assert browser.execute_async(PLAY, 0) is True
    assert tone.get_attribute("aria-pressed") == "false"


def test_a_slider_goes_on_sounding(browser):
    """The sound of the next frame begins where that of the last one was."""
    opened(browser, "book/ko/sound_into_numbers.html")
    moved = browser.execute_async("""
        const done = arguments[0], box = [...document.querySelectorAll('.ta-explore')].find(b => b.querySelector('audio'));
        const slider = box.querySelector('input'), sound = box.querySelector('.ta-frame:not([hidden]) audio');
        const all = [...box.querySelectorAll('audio')]; all.forEach(a => { a.muted = true; });
        sound.play().then(() => {
            sound.currentTime = 0.3; slider.value = +slider.value + 1; slider.dispatchEvent(new Event('input', {bubbles: true}));
            setTimeout(() => done([sound.paused, all.filter(a => !a.paused).map(a => [a == sound, a.currentTime])]), 300);
        })""")
    paused, playing = moved
    assert paused and len(playing) == 1
    ((same, position),) = playing
    assert not same and position >= 0.3


def test_figures_are_numbered_and_enlarge(browser):
    from selenium.webdriver.common.keys import Keys

    opened(browser, "book/ko/sound_into_numbers.html")
    numbers = [one.text for one in browser.find_all(".ta-number")]
    assert numbers == [f"그림 1.{i}." for i in range(1, len(numbers) + 1)] and len(numbers) >= 3
    button = browser.find_all(".ta-enlarge")[0]
    button.send_keys(Keys.ENTER)
    (dialog,) = browser.find_all("dialog.ta-enlarged[open]")
    (image,) = browser.find_all(".ta-figure img")[:1]
    assert (
        dialog.find_element("css selector", "p").text == f"그림 1.1. {image.get_attribute('alt')}"
    )
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert browser.find_all("dialog.ta-enlarged[open]") == []
    assert browser.execute("return document.activeElement.className") == "ta-enlarge"


def test_the_language_switch_keeps_the_section(browser):
    opened(browser, "book/ko/sound_into_numbers.html")
    browser.execute("document.getElementById('section-1-4').scrollIntoView({behavior: 'instant'})")
    (link,) = browser.find_all(".ta-language a[hreflang]")
    link.send_keys("")  # it gets the focus
    browser.execute("document.querySelector('.ta-language a[hreflang]').click()")
    assert browser.driver.current_url.endswith("en/book/en/sound_into_numbers.html#section-1-4")
