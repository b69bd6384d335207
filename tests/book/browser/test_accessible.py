"""Pages through axe-core, which knows what those who cannot see, or use no mouse, trip over.

On a push, each page is seen once (test_pages.py), by light on a desktop or in the dark on a phone; in `make check-all`
all are seen in all four ways, to the last word.
"""

import pytest

from tests.book.browser.facts import violations


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_no_violation_on_any_device_and_theme(page, device, theme, browser):
    """Every page of both editions, in all four ways."""
    browser.emulate(device, theme)
    assert violations(browser, every_word=True) == []


@pytest.mark.parametrize(
    ("search", "theme"), [("search.html?q=샘플", "light"), ("en/search.html?q=aliasing", "dark")]
)
def test_no_violation_in_the_search(search, theme, browser):
    browser.open(search, "desktop", theme)
    assert violations(browser, every_word=True) == []


@pytest.mark.parametrize("every_word", [True, False])
def test_what_is_wrong_is_found(every_word, browser):
    """Else every test of violations would pass in silence."""
    browser.open("search.html")
    browser.execute("""document.querySelector('h1').style.color = '#ddd';
        document.querySelector('main').append(document.createElement('button'))""")
    assert {"color-contrast", "button-name"} <= {one[1] for one in violations(browser, every_word)}
