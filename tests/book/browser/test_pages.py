"""Every page of both editions, as a reader gets it."""

import re
from pathlib import Path
from urllib.parse import unquote

from tools.book.address import known
from tools.book.edition import repository
from tools.book.site import BUILD

SITE = BUILD / "html"
NOTEBOOKS = Path(__file__).parents[3] / "book"


def is_notebook(page):
    return (
        (NOTEBOOKS / page.removeprefix("en/").removeprefix("book/")).with_suffix(".ipynb").exists()
    )


def test_the_contents_lead_to_every_notebook_in_both_languages(address):
    html = (SITE / "book/ko/index.html").read_text(encoding="utf-8")
    for notebook in NOTEBOOKS.glob("ko/*.ipynb"):
        assert notebook.stem == "index" or f"{notebook.stem}.html" in html, notebook.stem
        for edition in ("book/ko", "en/book/en"):
            assert (SITE / edition / f"{notebook.stem}.html").exists()


def test_the_page_is_in_its_language(page, browser):
    english = page.startswith("en/")
    assert browser.find_all("html")[0].get_attribute("lang") == ("en" if english else "ko")
    names = browser.execute("""
        return [...document.querySelectorAll('button, summary, nav, header, footer, #pst-skip-link, dialog, .prev-next-area')]
            .flatMap(e => [e, ...e.querySelectorAll('*')]).filter(e => !e.closest('.page-toc, .bd-links li, pre, .ta-choice'))
            .flatMap(e => ['title', 'aria-label', 'placeholder', 'data-bs-original-title'].map(a => e.getAttribute(a) || ''))""")
    foreign = r"[가-힣]" if english else r"[A-Za-z]{3}"
    allowed = r"한국어|Colab|GitHub|tinyaudio|PDF|\.ipynb|\.pdf"
    assert [name for name in names if re.search(foreign, re.sub(allowed, "", name))] == []


def test_nothing_goes_wrong_and_nothing_comes_from_elsewhere(page, browser):
    assert browser.console_errors() == []
    own = (browser.address, "data:", "blob:", "chrome")
    assert [url for url in browser.requests() if not url.startswith(own)] == []


def test_every_sound_has_its_length_and_its_name(page, browser):
    sounds = browser.execute_async("""
        const done = arguments[0], listen = a => a.readyState ? a.duration : new Promise(tell => {
            a.onloadedmetadata = () => tell(a.duration); a.onerror = () => tell(-1); a.load(); });
        // X of an ABX trial has no sound until the start
        const sounds = [...document.querySelectorAll('audio')].filter(a => a.src || a.querySelector('source'));
        Promise.all(sounds.map(async a => [await listen(a), a.ariaLabel])).then(done)""")
    assert all(0.2 < seconds < 60 and name for seconds, name in sounds), sounds
    if page.endswith(("/index.html", "/sound_into_numbers.html")) and "/api/" not in page:
        assert sounds  # so that this test cannot pass by seeing none


def test_mathematics_is_set(page, browser):
    unset = browser.execute("""
        return [...document.querySelectorAll('span.math, div.math')].filter(
            m => m.querySelectorAll('mjx-container').length != 1 || m.querySelector('mjx-merror')).map(m => m.textContent)""")
    assert unset == []
    left_over = browser.execute("return document.querySelector('.bd-article').innerText")
    assert not re.search(r"\\(frac|begin|tag|left)\b|\$\$", left_over)
    raw = "return [...document.querySelectorAll('summary')].map(s => s.textContent).filter(t => t.includes('$'))"
    assert browser.execute(raw) == []  # in a quiz's choices, which are HTML


def test_pictures_are_there_and_described(page, browser):
    unseen = browser.execute_async("""
        const done = arguments[0], see = i => i.decode().then(() => i.alt ? '' : i.src, () => i.src);
        Promise.all([...document.images].map(see)).then(all => done(all.filter(Boolean).map(a => a.slice(0, 99))))""")
    assert unseen == []


def test_colab_opens_this_notebook(page, browser):
    links = browser.find_all("a[href*='colab.research.google.com']")
    if not known():
        assert links == []
        return
    owner = repository().removeprefix("https://github.com/")
    notebook = page.removeprefix("en/").replace(".html", ".ipynb")
    right = f"https://colab.research.google.com/github/{owner}/blob/main/{notebook}"
    assert {link.get_attribute("href") for link in links} == (
        {right} if is_notebook(page) else set()
    )


def test_no_link_leads_to_a_repository_that_has_no_address(page):
    html = (SITE / page).read_text(encoding="utf-8")
    assert not re.search(r'(?:href|action)="[^"]*ORG/REPO', html)
    assert known() in html


def test_the_language_switch_leads_to_the_same_page_and_back(page, browser):
    def other(html, here):
        (href,) = re.findall(r'<a lang="\w+" hreflang="\w+" href="([^"]+)"', html)
        return (SITE / here).parent.joinpath(href).resolve()

    (link,) = browser.find_all(".ta-language a[hreflang]")
    there = link.get_attribute("href").removeprefix(browser.address)
    same = page.removeprefix("en/").replace("book/en/", "book/ko/")
    assert there.startswith("en/") != page.startswith("en/")
    assert there.removeprefix("en/").replace("book/en/", "book/ko/") == same
    html = (SITE / there).read_text(encoding="utf-8")
    assert other(html, there) == (SITE / page).resolve()


def test_links_inside_the_site_lead_somewhere(page, browser):
    links = browser.execute("return [...document.querySelectorAll('a[href]')].map(a => a.href)")
    for link in {x.removeprefix(browser.address) for x in links if x.startswith(browser.address)}:
        file, _, anchor = link.partition("#")
        target = SITE / file.split("?")[0]
        assert target.exists(), link
        if anchor and target.suffix == ".html":
            assert f'id="{unquote(anchor)}"' in target.read_text(encoding="utf-8"), link


# Parts of the page that stick out of the screen, and that no scrolling reaches.
STICKING_OUT = """
const width = document.documentElement.clientWidth, found = [];
const inside = box => box.right <= width + 1 && box.left >= -1;
const scrolls = e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && inside(e.getBoundingClientRect());
for (const e of document.querySelectorAll('.bd-article *, .bd-header-article *, .prev-next-footer *, .bd-footer-content *')) {
  const box = e.getBoundingClientRect();
  if (!box.width || !e.checkVisibility() || inside(box)) continue;
  if (e.closest('mjx-assistive-mml, .dropdown-menu, .visually-hidden')) continue;
  let around = e.parentElement;
  while (around && !scrolls(around)) around = around.parentElement;
  // What lies to the left of a frame's beginning is out of reach.
  if (around && box.left >= around.getBoundingClientRect().left - around.scrollLeft - 1) continue;
  found.push(e.outerHTML.slice(0, 120));
}
return [document.documentElement.scrollWidth, found];
"""


def test_nothing_is_wider_than_a_phone(page, browser):
    try:
        for theme in ("light", "dark"):
            browser.emulate("phone", theme)
            assert browser.execute("return document.documentElement.dataset.theme") == theme
            width, sticking_out = browser.execute(STICKING_OUT)
            assert (width, sticking_out) == (390, []), theme
    finally:
        browser.emulate("desktop", "light")


def test_the_page_is_not_too_heavy(page):
    assert (SITE / page).stat().st_size < 1.5e6
