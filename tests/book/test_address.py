"""One line holds the repository's address; without one, nothing leads to it."""

import pytest
import yaml

from tools.book import ROOT, BookError, address
from tools.book.address import PLACEHOLDER, set_address, with_address

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
NEW = "https://github.com/someone/something"


def test_the_configuration_itself_holds_no_address():
    for name in ("_config.yml", "book/english.yml"):
        assert "github.com" not in (ROOT / name).read_text(encoding="utf-8")


def test_without_an_address_there_are_no_buttons():
    made = with_address(CONFIG, "")
    assert "repository" not in made and "launch_buttons" not in made
    assert not any(made["html"][name] for name in made["html"] if name.startswith("use_"))
    assert made["sphinx"] == CONFIG["sphinx"]


def test_with_an_address_buttons_and_footer_lead_there():
    made = with_address(CONFIG, NEW)
    assert made["repository"] == CONFIG["repository"] | {"url": NEW}
    assert made["html"]["use_repository_button"] and made["launch_buttons"]
    footer = made["sphinx"]["config"]["html_theme_options"]["extra_footer"]
    assert f'<a href="{NEW}">소스</a>' in footer and "CC BY" in footer
    assert "url" not in CONFIG["repository"]  # the argument stays as it was


def test_it_is_set_in_every_file_at_once(tmp_path, monkeypatch):
    for name in address.FILES:
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(address, "ROOT", tmp_path)
    monkeypatch.setattr("tools.book.edition.ROOT", tmp_path)
    before = address.repository()
    assert [path.name for path in set_address(NEW)] == list(address.FILES)
    assert address.known() == NEW != before
    assert not any(before in (tmp_path / name).read_text() for name in address.FILES)
    assert set_address(NEW) == []


def test_the_placeholder_is_no_address(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(f'[project.urls]\nRepository = "{PLACEHOLDER}"\n')
    monkeypatch.setattr("tools.book.edition.ROOT", tmp_path)
    assert address.known() == ""


@pytest.mark.parametrize("wrong", ["github.com/a/b", "https://github.com/a", "https://x.org/a/b"])
def test_what_is_no_repository_is_refused(wrong):
    with pytest.raises(BookError, match="write https://github"):
        set_address(wrong)
