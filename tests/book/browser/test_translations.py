"""The English pages as HTML and style sheets make them, on a phone: what a translation can break.

Their formulas, sounds and cells are those of the Korean pages (`tools.book check` compares them), which test_pages.py
visits with all that moves; in `make check-all` it visits these as well.
"""

from tests.book.browser import facts

# Mathematics that no script has set is as wide as its source.
HIDE_SOURCE = (
    "document.querySelectorAll('span.math, div.math').forEach(e => { e.style.display = 'none'; })"
)
UNSEEN = "return [...document.images].filter(i => !i.alt || !i.complete || !i.naturalWidth).map(i => i.outerHTML.slice(0, 99))"


def test_the_page_is_in_its_language(text_page, browser):
    assert facts.names_in_another_language(browser, english=True) == []


def test_nothing_goes_wrong_and_nothing_comes_from_elsewhere(text_page, browser):
    assert facts.errors_and_other_hosts(browser) == []


def test_pictures_are_there_and_described(text_page, browser):
    assert browser.execute(UNSEEN) == []


def test_every_choice_explains(text_page, browser):
    assert facts.wrong_choices(browser) == []


def test_nothing_is_wider_than_a_phone(text_page, browser):
    browser.execute(HIDE_SOURCE)
    assert facts.wider_than_a_phone(browser) == []
