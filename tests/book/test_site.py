"""The built site in a real browser: both editions, every page."""

import functools
import http.server
import json
import os
import shutil
import threading
from pathlib import Path
from urllib.parse import unquote

import pytest

from tools.book.edition import repository

SITE = Path(__file__).parents[2] / "_build" / "html"
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
DRIVER = shutil.which("chromedriver")
PAGES = sorted(
    f"{prefix}book/{language}/{notebook.stem}.html"
    for language, prefix in (("ko", ""), ("en", "en/"))
    for notebook in (SITE.parents[1] / "book" / language).glob("*.ipynb")
)

if not os.environ.get("CI"):
    pytestmark = [
        pytest.mark.skipif(
            not BROWSER, reason="no Chromium: sudo apt-get install chromium chromium-driver"
        ),
        pytest.mark.skipif(not SITE.exists(), reason="no site: make book"),
    ]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    handler = functools.partial(Quiet, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser():
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for word in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--window-size=1300,1000",
    ):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(service=Service(DRIVER) if DRIVER else Service(), options=options)
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


READY = """
const done = arguments[0];
const ask = () => {
  if (document.readyState != 'complete') return setTimeout(ask, 50);
  if (!document.querySelector('span.math, div.math')) return done(true);
  const set = window.MathJax?.startup?.promise;
  if (set) return set.then(() => done(true));
  setTimeout(ask, 50);
};
ask();
"""


@pytest.fixture(scope="module", params=PAGES)
def page(request, address, browser):
    """A loaded page, with its mathematics set."""
    browser.get_log("browser"), browser.get_log("performance")
    browser.get(address + request.param)
    browser.execute_async_script(READY)
    return request.param


def test_there_are_pages_in_both_languages():
    assert len(PAGES) >= 4 and len(PAGES) % 2 == 0


def test_page_is_clean_heard_and_set(page, address, browser):
    """One visit, everything that can be asked of any page."""
    html = browser.find_element("tag name", "html")
    assert html.get_attribute("lang") == ("en" if page.startswith("en/") else "ko")

    complaints = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert complaints == []

    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [
        m["params"]["request"]["url"]
        for m in messages
        if m["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if not url.startswith((address, "data:", "blob:", "chrome"))] == []

    durations = browser.execute_async_script("""
        const done = arguments[0];
        Promise.all([...document.querySelectorAll('audio')].map(a => a.readyState ? a.duration : new Promise(tell => {
            a.onloadedmetadata = () => tell(a.duration); a.onerror = () => tell(-1); a.load(); }))).then(done)""")
    silent = page.endswith(("glossary.html", "bibliography.html"))
    assert bool(durations) != silent and all(d is not None and 0.5 < d < 60 for d in durations)

    unset = browser.execute_script("""
        return [...document.querySelectorAll('span.math, div.math')].filter(m => !m.querySelector('mjx-container')
            || m.querySelector('mjx-merror')).map(m => m.textContent)""")
    assert unset == []
    broken = "return [...document.images].filter(i => (i.complete && !i.naturalWidth) || !i.alt).map(i => i.outerHTML.slice(0, 99))"
    assert browser.execute_script(broken) == []
    unnamed = "return [...document.querySelectorAll('audio')].filter(a => !a.getAttribute('aria-label')).length"
    assert browser.execute_script(unnamed) == 0


def test_colab_opens_this_notebook(page, browser):
    links = browser.find_elements("css selector", "a[href*='colab.research.google.com']")
    owner = repository().removeprefix("https://github.com/")
    notebook = page.removeprefix("en/").replace(".html", ".ipynb")
    assert {link.get_attribute("href") for link in links} == {
        f"https://colab.research.google.com/github/{owner}/blob/main/{notebook}"
    }


def test_the_language_switch_lands_on_the_same_page(page, address, browser):
    (link,) = browser.find_elements("css selector", ".ta-language a[hreflang]")
    other = link.get_attribute("href").removeprefix(address)
    assert other in PAGES and other != page
    assert other.split("/")[-1] == page.split("/")[-1]


def test_links_inside_the_site_lead_somewhere(page, address, browser):
    links = browser.execute_script(
        "return [...document.querySelectorAll('a[href]')].map(a => a.href)"
    )
    for link in {link.removeprefix(address) for link in links if link.startswith(address)}:
        file, _, anchor = link.partition("#")
        target = SITE / file.split("?")[0]
        assert target.exists(), link
        if anchor and target.suffix == ".html":
            assert f'id="{unquote(anchor)}"' in target.read_text(encoding="utf-8"), link
    anchors = "return [...document.querySelectorAll('main a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1))"
    for anchor in browser.execute_script(anchors):
        assert anchor == "" or browser.execute_script(
            "return !!document.getElementById(arguments[0])", anchor
        ), anchor


def test_nothing_is_wider_than_a_phone(page, address, browser):
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= 390
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


CHAPTERS = [page for page in PAGES if page.endswith("sound_into_numbers.html")]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_sliders_move_without_a_kernel(chapter, address, browser):
    browser.get(address + chapter)
    sliders = browser.find_elements("css selector", ".ta-explore input[type=range]")
    assert sliders
    for slider in sliders:
        last = int(slider.get_attribute("max"))
        browser.execute_script(
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))",
            slider, last,
        )  # fmt: skip
        shown = browser.execute_script(
            "return [...arguments[0].closest('.ta-explore').querySelectorAll('.ta-frame')].map(f => f.offsetHeight > 0)",
            slider,
        )
        assert shown == [False] * last + [True]
        said = browser.execute_script(
            "return arguments[0].closest('.ta-explore').querySelector('output').textContent", slider
        )
        assert (
            said
            == slider.get_attribute("data-labels").split("\n")[-1]
            == slider.get_attribute("aria-valuetext")
        )


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_quiz_unfolds_and_explains(chapter, address, browser):
    browser.get(address + chapter)
    choices = browser.find_elements("css selector", "details.ta-choice")
    assert len(choices) >= 9
    for choice in choices:
        assert not choice.get_attribute("open")
        summary = choice.find_element("tag name", "summary")
        browser.execute_script("arguments[0].click()", summary)
        why = choice.text.replace(summary.text, "").strip()
        assert why[0] in "✔✘" and len(why) > 15
    right = [choice for choice in choices if "✔" in choice.text]
    assert len(right) == len(choices) // 3


@pytest.mark.parametrize(
    ("search", "words", "finds"),
    [
        ("search.html", "표본", "sound_into_numbers"),
        ("search.html", "위상을", "sound_into_numbers"),
        ("en/search.html", "aliasing", "sound_into_numbers"),
    ],
)
def test_search_finds(search, words, finds, address, browser):
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get(f"{address}{search}?q={words}")
    results = "return [...document.querySelectorAll('#search-results a')].map(a => a.href)"
    found = WebDriverWait(browser, 10).until(lambda b: b.execute_script(results))
    assert any(finds in href for href in found)


def test_no_page_is_too_heavy():
    for page in PAGES:
        assert (SITE / page).stat().st_size < 1.5e6, page
