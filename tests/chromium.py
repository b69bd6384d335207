"""A folder served to a real browser, for all tests that open a page."""

import functools
import http.server
import os
import shutil
import threading
from contextlib import contextmanager

import pytest

from tools.book.pdf import BROWSERS

BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
DRIVER = shutil.which("chromedriver")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def served(folder):
    """The port at which this machine serves a folder."""
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@contextmanager
def chromium(*words, logs=None):
    """A browser without a window, started with further words; `logs` are those it keeps.

    Without one a test is skipped, but not in continuous integration.
    """
    if not os.environ.get("CI") and not BROWSER:
        pytest.skip("no Chromium: sudo apt-get install chromium chromium-driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", *words):
        options.add_argument(word)
    if logs:
        options.set_capability("goog:loggingPrefs", logs)
    driver = webdriver.Chrome(service=Service(DRIVER) if DRIVER else Service(), options=options)
    yield driver
    driver.quit()
