"""The appendix of corrections: every box of every chapter on one page, with a link to where it stands."""

import re

from tools.book.edition import equation_numbers, markdown
from tools.book.source import Chapter

BOX = re.compile(
    r'<div class="admonition tip" id="correction-(\d+)">\n'
    r'<p class="admonition-title">[^<]*</p>\n(.*?)\n</div>',
    re.DOTALL,
)
LOCAL_LINK = re.compile(r'<a href="#([\w-]+)">(.*?)</a>')
WORDS = {
    "ko": {
        "title": "정정 모음",
        "about": "이 책은 한국어로 쓰인 다섯 편의 글에서 출발했습니다. "
        "그 글들을 읽으며 바로잡거나 채운 것을 모았습니다. "
        "번호는 바탕 글의 순서를 따릅니다. 하나하나에 테스트가 있습니다.",
        "one": "정정 {}",
        "where": "{}장에서 보기",
    },
    "en": {
        "title": "Corrections",
        "about": "This book sets out from five texts written in Korean. Here is what we put right or filled in "
        "as we read them. The numbers follow the texts. For each there is a test.",
        "one": "Correction {}",
        "where": "See it in chapter {}",
    },
}


def corrections_text(language: str, chapters: list[Chapter]) -> list[str]:
    """The page's blocks: a heading, then a box's text and a link to it."""
    words = WORDS[language]
    boxes: dict[int, str] = {}
    for chapter in chapters:
        numbers = equation_numbers(chapter)
        for cell in chapter.cells:
            if cell.kind == "markdown" and cell.language in (None, language):
                for number, text in BOX.findall(markdown(chapter, cell, numbers)):
                    page = f"{chapter.name}.ipynb"
                    text = LOCAL_LINK.sub(rf"[\2]({page}#\1)", text.strip())
                    way = f"[{words['where'].format(chapter.number)}]({page}#correction-{number})"
                    boxes[int(number)] = f"{text}\n\n{way}"
    return [f"# {words['title']}\n\n{words['about']}"] + [
        f"## {words['one'].format(number)}\n\n{boxes[number]}" for number in sorted(boxes)
    ]
