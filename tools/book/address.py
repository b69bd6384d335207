"""The repository's address: one line of pyproject.toml, which everything else follows.

As long as it is the placeholder, the site has no button and no link that would lead nowhere: file names
stand without one.  ``python -m tools.book address https://github.com/OWNER/NAME`` sets it everywhere.
"""

import re
from pathlib import Path

from tools.book import ROOT, BookError
from tools.book.edition import repository

PLACEHOLDER = "https://github.com/ORG/" + "REPO"  # in two pieces, so that it stays one here
FILES = ("pyproject.toml", "CITATION.cff", "README.md", "README.ko.md")
SOURCE = {"ko": "소스", "en": "source"}


def known() -> str:
    """The address; empty as long as there is none."""
    address = repository()
    return "" if address == PLACEHOLDER else address


def set_address(new: str) -> list[Path]:
    """Write a new address into every file that holds the old one, and return those that changed.

    Raises:
        BookError: It is not the address of a repository on GitHub.
    """
    if not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", new):
        raise BookError(f"{new!r} is no repository; write https://github.com/OWNER/NAME")
    old, changed = repository(), []
    for path in (ROOT / name for name in FILES):
        text = path.read_text(encoding="utf-8")
        if old in text and new != old:
            path.write_text(text.replace(old, new), encoding="utf-8")
            changed.append(path)
    return changed


def with_address(config: dict, address: str) -> dict:
    """A configuration of the site with its links to the repository, or with none."""
    theme = config["html"]
    buttons = {name: bool(address) for name in theme if name.startswith("use_")}
    made = config | {"html": theme | buttons}
    if not address:
        return {
            name: part
            for name, part in made.items()
            if name not in ("repository", "launch_buttons")
        }
    made["repository"] = config["repository"] | {"url": address}
    options = config["sphinx"]["config"]["html_theme_options"]
    word = SOURCE[config["sphinx"]["config"]["language"]]
    footer = f'{options["extra_footer"]} · <a href="{address}">{word}</a>'
    inner = config["sphinx"]["config"] | {"html_theme_options": options | {"extra_footer": footer}}
    return made | {"sphinx": config["sphinx"] | {"config": inner}}
