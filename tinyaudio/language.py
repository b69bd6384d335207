"""The reader's language: messages to a reader are in Korean or in English.

The book's two editions run the same code once.  While it is built, `tr` returns both
languages between ``⟦ ⟧``, and the builder keeps one of them in each edition.
"""

from typing import Literal

Language = Literal["ko", "en", "⟦ko|en⟧"]
_language: str = "en"


def set_language(language: str) -> None:
    """Choose the language of messages to the reader.

    Args:
        language: "ko" or "en"; "⟦ko|en⟧" gives both, for the book's builder.

    Raises:
        ValueError: Any other language.

    Example:
        >>> set_language("ko"); print(tr("맞았습니다", "correct")); set_language("en")
        맞았습니다
    """
    global _language
    if language not in ("ko", "en", "⟦ko|en⟧"):
        raise ValueError(f"no messages in {language!r}; choose 'ko' or 'en'")
    _language = language


def tr(ko: str, en: str) -> str:
    """Translate: choose one of two texts by the language that is set.

    Raises:
        ValueError: The book is being built, and a text contains one of the delimiters ⟦ | ⟧, so that
            the builder could not separate the two.

    Example:
        >>> tr("소리", "sound")
        'sound'
    """
    if _language in ("ko", "en"):
        return ko if _language == "ko" else en
    if any(mark in ko + en for mark in "⟦|⟧"):
        raise ValueError(f"a text in two languages must not contain ⟦, | or ⟧: {ko!r}, {en!r}")
    return f"⟦{ko}|{en}⟧"
