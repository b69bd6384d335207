"""The built site, served to a real browser.

The pages are those that the site's own table of contents names, in both editions, so that a new chapter is covered
without an edit here.  To open a page is what costs: each is opened once, and all that is asked of it is asked then.
"""

import json
import os
import re
from urllib.parse import urljoin

import pytest

from tests.chromium import chromium, served
from tools.book.site import BUILD

SITE = BUILD / "html"
EDITIONS = {"ko": "book/ko/index.html", "en": "en/book/en/index.html"}
WIDTHS = {"desktop": 1280, "phone": 390}


def contents(edition):
    """The addresses of an edition's pages, in its order: what its table of contents leads to."""
    first = EDITIONS[edition]
    if not (SITE / first).exists():
        return []
    html = (SITE / first).read_text(encoding="utf-8")
    nav = re.search(r'(?s)<nav class="bd-links.*?</nav>', html)[0]
    found = [
        urljoin(first, href)
        for href in re.findall(r'<a class="reference internal" href="([^"]+)"', nav)
    ]
    return list(dict.fromkeys(address.split("#")[0] for address in [first, *found]))


def pytest_generate_tests(metafunc):
    """Give a test its pages: one visit each, all the module's tests on it before the next."""
    korean, english = map(contents, EDITIONS)
    own, translated = (
        [page for page in pages if "/api/" not in page] for pages in (korean, english)
    )
    # Pages of the API are made by one template, with one text in both editions: every seventh is visited.
    api, again = ([page for page in pages if "/api/" in page] for pages in (korean, english))
    # Both editions of a chapter have one structure, one set of formulas and one of sounds: the Korean page is visited
    # with all that moves on it, and the English one, but for the first two, is read without scripts.
    visited = own + translated[:2] + api[::7] + again[:2]
    later = [page for page in korean + english if page not in visited]
    # What costs more than the visit is asked of every third page, of each way in which a page is seen.
    now = visited[:: 3 if metafunc.definition.get_closest_marker("sampled") else 1]
    for name, pages in {
        "html": korean + english,
        "page": [
            pytest.param(page, marks=() if page in now else pytest.mark.slow)
            for page in visited + later
        ],
        "text_page": translated[2:],
    }.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, pages, indirect=name != "html", scope="module")


@pytest.fixture(scope="session")
def address():
    """Where the site is served."""
    if not os.environ.get("CI") and not SITE.exists():
        pytest.skip("no site: make book")
    with served(SITE) as port:
        yield f"http://127.0.0.1:{port}/"


# Everything loaded, mathematics set.
READY = """
const done = arguments[0], formulas = document.querySelector('span.math, div.math');
const ask = () => {
  if (document.readyState != 'complete' || (formulas && !window.MathJax?.startup?.promise)) return setTimeout(ask, 20);
  (formulas ? MathJax.startup.promise : Promise.resolve()).then(() => done(true));
};
ask();
"""
FOLLOWED = """
const [theme, done] = arguments, ask = () => document.documentElement.dataset.theme == theme ? done(true) : setTimeout(ask, 10);
requestAnimationFrame(ask);
"""


class Browser:
    """Somebody with a browser."""

    def __init__(self, driver, address):
        self.driver, self.address, self.here, self.device = driver, address, None, None

    def go(self, uri):
        """Go to an address; what was said and asked for before is forgotten."""
        self.here = None
        self.driver.get_log("browser"), self.driver.get_log("performance")
        self.driver.get(uri)

    def open(self, page, device="desktop", theme="light"):
        """Go to a page of the site and wait until it is all there."""
        self.here = None  # the page that is left need not follow
        self.emulate(device, theme)
        self.go(self.address + page)
        self.execute_async(READY)
        self.here = page

    def emulate(self, device, theme, medium=""):
        """Hold the page on a "desktop" or a "phone", by "light" or in the "dark", or print it (medium "print")."""
        self.device = device
        screen = {
            "width": WIDTHS[device],
            "height": 900,
            "deviceScaleFactor": 1,
            "mobile": device == "phone",
        }
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        scheme = [{"name": "prefers-color-scheme", "value": theme}]
        media = {"media": medium, "features": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        if self.here:  # until the page has followed
            self.execute_async(FOLLOWED, theme)

    def scripts(self, run):
        """Let the pages' own scripts run, or not."""
        value = {"value": not run}
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", value)

    def execute(self, script, *words):
        """What a script returns."""
        return self.driver.execute_script(script, *words)

    def execute_async(self, script, *words):
        """What a script hands to its last argument, later."""
        return self.driver.execute_async_script(script, *words)

    def find_all(self, selector):
        """Every element that fits."""
        return self.driver.find_elements("css selector", selector)

    def console_errors(self):
        """What went wrong, by the browser's console, since the page was opened."""
        return [entry for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def requests(self):
        """Every address that was asked for since the page was opened, or since the last call."""
        entries = [
            json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")
        ]
        return [
            e["params"]["request"]["url"]
            for e in entries
            if e["method"] == "Network.requestWillBeSent"
        ]


@pytest.fixture(scope="session")
def driver():
    """One browser for all tests of a process."""
    logs = {"browser": "ALL", "performance": "ALL"}
    with chromium("--window-size=1300,1000", logs=logs) as driver:
        driver.set_script_timeout(60)
        yield driver


@pytest.fixture(scope="module")
def browser(driver, address):
    """Somebody who sits down at the browser for a module, and leaves an empty page."""
    yield Browser(driver, address)
    driver.get("about:blank")


# How a page is seen: by turns, always the same, so that a failure comes again.  Style sheets are shared, and a phone has
# less room; `make check-all` sees every page in all four ways.
WAYS = [("desktop", "light"), ("phone", "dark"), ("phone", "light"), ("phone", "dark")]


@pytest.fixture(scope="module")
def page(request, browser):
    """A page, open."""
    browser.open(request.param, *WAYS[request.param_index % 4])
    return request.param


@pytest.fixture(scope="module")
def text_page(request, browser):
    """A page as its HTML and its style sheets alone make it, on a phone."""
    browser.here = None
    browser.emulate("phone", "light")
    browser.scripts(False)
    browser.go(browser.address + request.param)
    yield request.param
    browser.scripts(True)
