"""The HTML of every page of both editions: what needs no browser to be seen."""

import functools
import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urljoin

from tools.book.address import known
from tools.book.edition import repository
from tools.book.site import BUILD

SITE = BUILD / "html"
NOTEBOOKS = Path(__file__).parents[3] / "book"


@functools.cache
def text_of(page):
    return (SITE / page).read_text(encoding="utf-8")


@functools.cache
def links_of(page):
    return {unescape(href) for href in re.findall(r'<a\b[^>]*?\shref="([^"]*)"', text_of(page))}


@functools.cache
def ids_of(page):
    return {unescape(name) for name in re.findall(r'<[^>]*?\sid="([^"]*)"', text_of(page))}


def is_notebook(page):
    return (
        (NOTEBOOKS / page.removeprefix("en/").removeprefix("book/")).with_suffix(".ipynb").exists()
    )


def test_the_contents_lead_to_every_notebook_in_both_languages(address):
    html = text_of("book/ko/index.html")
    for notebook in NOTEBOOKS.glob("ko/*.ipynb"):
        assert notebook.stem == "index" or f"{notebook.stem}.html" in html, notebook.stem
        for edition in ("book/ko", "en/book/en"):
            assert (SITE / edition / f"{notebook.stem}.html").exists()


def test_links_inside_the_site_lead_somewhere(html):
    assert len(links_of(html)) > 30
    inside = {urljoin(html, link) for link in links_of(html) if not re.match(r"[a-z]+:", link)}
    for link in inside:
        file, _, anchor = unquote(link).partition("#")
        target = SITE / file.split("?")[0]
        assert target.exists(), link
        if anchor and target.suffix == ".html":
            assert anchor in ids_of(file.split("?")[0]), link


def test_colab_opens_this_notebook(html):
    links = {link for link in links_of(html) if "colab.research.google.com" in link}
    if not known():
        assert links == set()
        return
    owner = repository().removeprefix("https://github.com/")
    notebook = html.removeprefix("en/").replace(".html", ".ipynb")
    right = f"https://colab.research.google.com/github/{owner}/blob/main/{notebook}"
    assert links == ({right} if is_notebook(html) else set())


def test_no_link_leads_to_a_repository_that_has_no_address(html):
    assert not re.search(r'(?:href|action)="[^"]*ORG/REPO', text_of(html))
    assert known() in text_of(html)


def test_the_language_switch_leads_to_the_same_page_and_back(html):
    def other(here):
        (href,) = re.findall(r'<a lang="\w+" hreflang="\w+" href="([^"]+)"', text_of(here))
        return urljoin(here, href)

    there = other(html)
    same = html.removeprefix("en/").replace("book/en/", "book/ko/")
    assert there.startswith("en/") != html.startswith("en/")
    assert there.removeprefix("en/").replace("book/en/", "book/ko/") == same
    assert other(there) == html


def test_every_picture_and_every_sound_is_described(html):
    pictures = re.findall(r"<img\b[^>]*>", text_of(html))
    assert [one[:99] for one in pictures if not re.search(r'\salt="[^"]', one)] == []
    sounds = re.findall(r"<audio\b[^>]*>", text_of(html))
    assert [one[:99] for one in sounds if not re.search(r'\saria-label="[^"]', one)] == []


def test_the_page_is_not_too_heavy(html):
    assert (SITE / html).stat().st_size < 1.5e6


def test_a_shared_link_has_a_title_and_a_text(html):
    tags = {}
    for tag in re.findall(r"<meta\b[^>]*>", text_of(html)):
        given = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        tags[given.get("property")] = unescape(given.get("content", ""))
    assert tags["og:locale"] == ("en_US" if html.startswith("en/") else "ko_KR")
    assert tags["og:title"]
    if html == "en/book/en/wavenet.html":
        assert "WaveNet" in tags["og:title"] and len(tags["og:description"]) > 40
