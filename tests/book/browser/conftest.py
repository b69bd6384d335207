"""The built site, served to a real browser.

``page`` is every page that the site's own table of contents names, in both editions, so that a new
chapter is covered without an edit here; most of the API pages are marked `slow`.
"""

import functools
import http.server
import json
import os
import re
import shutil
import threading
from urllib.parse import urljoin

import pytest

from tools.book.pdf import BROWSERS
from tools.book.site import BUILD

SITE = BUILD / "html"
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
DRIVER = shutil.which("chromedriver")
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
    # Pages of the API are made by one template, with one text in both editions: here every tenth is
    # visited, and in `make check-all` all of them.
    korean, english = map(contents, EDITIONS)
    prose = [page for page in korean + english if "/api/" not in page]
    api, again = ([page for page in pages if "/api/" in page] for pages in (korean, english))
    few = api[::10] + again[:2]
    # Both editions of a chapter have one structure: what costs seconds a page sees the Korean one here, and the
    # first two of the English edition.
    own = [page for page in prose if not page.startswith("en/")]
    own += [page for page in prose if page.startswith("en/")][:2]

    def later(pages):
        return [
            pytest.param(page, marks=pytest.mark.slow)
            for page in pages
            if page not in few and page not in own
        ]

    for name, pages in {
        "page": prose + few + later(api + again),
        "distinct_page": own + few + later(prose + api),
        "chapter": own + later(prose),
        # What is seen by light on a desktop, and what in the dark on a phone: by turns, always the same, so that a
        # failure comes again. Style sheets are shared; `make check-all` sees every page in all four ways.
        "light_page": own[::2] + few,
        "dark_page": own[1::2],
    }.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, pages, indirect=True, scope="module")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    """Where the site is served."""
    if not os.environ.get("CI") and not SITE.exists():
        pytest.skip("no site: make book")
    handler = functools.partial(Quiet, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


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
        self.driver, self.address, self.here = driver, address, None

    def open(self, page):
        """Go to a page and wait until it is all there."""
        self.driver.get_log("browser"), self.driver.get_log("performance")
        self.driver.get(self.address + page)
        self.driver.execute_async_script(READY)
        self.here = page

    def emulate(self, device, theme):
        """Hold the page on a "desktop" or a "phone", by "light" or in the "dark"."""
        screen = {
            "width": WIDTHS[device],
            "height": 900,
            "deviceScaleFactor": 1,
            "mobile": device == "phone",
        }
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        scheme = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", scheme)
        if self.here:  # until the page has followed
            self.execute_async(FOLLOWED, theme)

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
        """Every address that was asked for since the page was opened."""
        entries = [
            json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")
        ]
        return [
            e["params"]["request"]["url"]
            for e in entries
            if e["method"] == "Network.requestWillBeSent"
        ]


@pytest.fixture(scope="module")
def browser(address):
    """One browser a module."""
    if not os.environ.get("CI") and not BROWSER:
        pytest.skip("no Chromium: sudo apt-get install chromium chromium-driver")
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
    yield Browser(driver, address)
    driver.quit()


@pytest.fixture(scope="module")
def page(request, browser):
    """A page of either edition, open on a desktop by light."""
    return opened(request.param, browser)


@pytest.fixture(scope="module")
def distinct_page(request, browser):
    """A page with a text of its own, open."""
    return opened(request.param, browser)


@pytest.fixture(scope="module")
def chapter(request, browser):
    """A page made from a notebook, open."""
    return opened(request.param, browser)


@pytest.fixture(scope="module")
def light_page(request, browser):
    """One of half the pages, open on a desktop by light."""
    return opened(request.param, browser)


@pytest.fixture(scope="module")
def dark_page(request, browser):
    """One of the other half, open on a phone in the dark."""
    address = opened(request.param, browser)
    browser.emulate("phone", "dark")
    return address


def opened(page, browser):
    browser.emulate("desktop", "light")
    browser.open(page)
    return page
