"""Every page through axe-core, which knows what those who cannot see, or use no mouse, trip over.

axe-core 4.14.1 (Deque Systems, MPL-2.0) lies in tests/book/vendor; it is used here, and is no part of the book.

On a push, half the pages are seen by light on a desktop and the others in the dark on a phone; in `make check-all`
all are seen in all four ways.
"""

from pathlib import Path

import pytest

AXE = Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js"
RUN = """
const done = arguments[0];
axe.run(document, {resultTypes: ['violations']}).then(({violations, testEngine}) => done(violations.flatMap(
    v => v.nodes.map(n => [v.impact, v.id, n.target.join(' '), n.failureSummary.replaceAll('\\n', ' ')]))), e => done([['axe', String(e)]]))
"""
# The theme asks after 0.3 s what can be scrolled, and lets the keyboard reach it.
SETTLED = "const done = arguments[0]; setTimeout(() => done(true), 350)"


def violations(browser):
    """What axe-core calls serious or critical."""
    if not browser.execute("return window.axe !== undefined"):
        browser.execute(AXE.read_text(encoding="utf-8"))
    found = browser.execute_async(RUN)
    return [one for one in found if one[0] not in ("minor", "moderate")]


def test_no_violation_on_a_desktop_by_light(light_page, browser):
    browser.execute_async(SETTLED)
    assert violations(browser) == []


def test_no_violation_on_a_phone_in_the_dark(dark_page, browser):
    browser.execute_async(SETTLED)
    assert violations(browser) == []


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_no_violation_on_any_device_and_theme(page, device, theme, browser):
    """Every page of both editions, in all four ways."""
    browser.emulate(device, theme)
    browser.execute_async(SETTLED)
    assert violations(browser) == []


@pytest.mark.parametrize("search", ["search.html?q=샘플", "en/search.html?q=aliasing"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation_in_the_search(search, theme, browser):
    browser.emulate("desktop", theme)
    browser.open(search)
    browser.execute_async(SETTLED)
    assert violations(browser) == []


def test_axe_finds_what_is_wrong(browser):
    """Else every test above would pass in silence."""
    browser.emulate("desktop", "light")
    browser.open("search.html")
    browser.execute("""document.querySelector('h1').style.color = '#ddd';
        document.querySelector('main').append(document.createElement('button'))""")
    assert {"color-contrast", "button-name"} <= {one[1] for one in violations(browser)}
