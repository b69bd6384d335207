"""The reader's language: what the package says to a reader, it says in Korean or in English.

The book's two editions run the same code once.  While it is built, `say` answers with both
languages between ``⟦ ⟧``, and the builder keeps one of them in each edition.
"""

from typing import Literal

Language = Literal["ko", "en", "⟦ko|en⟧"]
_language: str = "en"


def speak(language: str) -> None:
    """Choose the language of messages to the reader.

    Args:
        language: "ko" or "en"; "⟦ko|en⟧" gives both, for the book's builder.

    Raises:
        ValueError: Any other language.

    Example:
        >>> speak("ko"); print(say("맞았습니다", "correct")); speak("en")
        맞았습니다
    """
    global _language
    if language not in ("ko", "en", "⟦ko|en⟧"):
        raise ValueError(f"no messages in {language!r}; choose 'ko' or 'en'")
    _language = language


def say(ko: str, en: str) -> str:
    """The one of two sentences that the reader understands.

    Example:
        >>> say("소리", "sound")
        'sound'
    """
    return {"ko": ko, "en": en}.get(_language, f"⟦{ko}|{en}⟧")
