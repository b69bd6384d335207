"""Print the whole book of an edition into one PDF, by Chromium: bookmarks, page numbers, links within it."""

import base64
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tinyaudio.files import atomic_write
from tools.book import BookError
from tools.book.printed import book
from tools.book.site import BUILD

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# When everything is loaded and every formula set: how many formulas are wrong.
READY = """
const done = arguments[0];
const count = () => done(document.querySelectorAll('mjx-merror').length);
const ask = () => {
  if (document.readyState != 'complete' || !window.MathJax?.startup?.promise) return setTimeout(ask, 50);
  MathJax.startup.promise.then(() => document.fonts.ready).then(count);
};
ask();
"""
NUMBER = (
    '<div style="width: 100%; text-align: center; font: 8pt sans-serif">'
    '<span class="pageNumber"></span></div>'
)
PAPER = {
    "paperWidth": 8.27,  # A4, in inches
    "paperHeight": 11.69,
    "marginTop": 0.75,
    "marginBottom": 0.8,
    "marginLeft": 0.85,
    "marginRight": 0.85,
    "printBackground": True,
    "displayHeaderFooter": True,
    "headerTemplate": "<span></span>",
    "footerTemplate": NUMBER,
    "generateTaggedPDF": True,  # the bookmarks are made of its headings
    "generateDocumentOutline": True,
    "transferMode": "ReturnAsStream",
}


def write_pdf(language: str) -> Path:
    """Print an edition of the built site into ``_build/tinyaudio-LANGUAGE.pdf``.

    Raises:
        BookError: There is no site, no browser or no Korean font, or a formula cannot be set.
    """
    check_font()
    text = book(language)
    page = BUILD / "pdf" / f"{language}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")
    path = BUILD / f"tinyaudio-{language}.pdf"
    with atomic_write(path) as file:
        file.write(printed(page))
    return path


def check_font() -> None:
    """See that there is a font for Korean, which both editions have.

    Raises:
        BookError: There is none.
    """
    listed = shutil.which("fc-list")
    if listed and not subprocess.run([listed, ":lang=ko"], capture_output=True).stdout.strip():
        raise BookError("there is no font for Korean: install one, such as fonts-nanum")


def printed(page: Path) -> bytes:
    """A page on the disk as PDF.

    Raises:
        BookError: There is no browser, it does not start, or a formula cannot be set.
    """
    driver = started()
    try:
        driver.set_script_timeout(600)
        driver.command_executor.client_config.timeout = 900  # hundreds of pages take a while
        driver.get(page.as_uri())
        if wrong := driver.execute_async_script(READY):
            raise BookError(f"{page}: {wrong} formulas cannot be set")
        return stream(driver, driver.execute_cdp_cmd("Page.printToPDF", PAPER)["stream"])
    finally:
        driver.quit()


def started() -> Any:
    """A browser without a window, and its driver.

    Raises:
        BookError: One of them is missing, or the browser does not start.
    """
    try:  # for this command only
        from selenium import webdriver
        from selenium.common.exceptions import WebDriverException
        from selenium.webdriver.chrome.service import Service
    except ImportError:
        raise BookError("selenium is missing: run make pdf (or pip install selenium)") from None
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        what = "Chromium" if browser is None else "chromedriver"
        raise BookError(f"there is no {what}: install chromium and chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(word)
    try:
        return webdriver.Chrome(service=Service(driver), options=options)
    except WebDriverException as error:
        reason = (error.msg or "no reason is given").splitlines()[0]
        raise BookError(
            f"{browser} does not start ({reason}); chromium and chromium-driver must be of one version"
        ) from None


def stream(driver: Any, handle: str) -> bytes:
    """What the browser has ready under a handle."""
    pieces = []
    while True:
        got = driver.execute_cdp_cmd("IO.read", {"handle": handle, "size": 2**20})
        pieces.append(
            base64.b64decode(got["data"]) if got["base64Encoded"] else got["data"].encode()
        )
        if got["eof"]:
            return b"".join(pieces)
