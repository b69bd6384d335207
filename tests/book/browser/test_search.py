"""The search of both editions."""

import pytest


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
