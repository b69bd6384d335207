"""Both READMEs tell the truth, and the same truth."""

import re
from pathlib import Path

import pytest

import tinyaudio

ROOT = Path(__file__).resolve().parents[1]
READMES = ["README.md", "README.ko.md"]


def text(name: str) -> str:
    return (ROOT / name).read_text()


def blocks(name: str, language: str) -> list[str]:
    """The fenced code blocks of a file, without comments at the ends of lines."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", text(name), re.M | re.S)
    return [re.sub(r"\s+#.*", "", block) for block in found]


def tree(name: str) -> list[str]:
    """Paths of the annotated tree: two blanks deeper is one folder deeper."""
    paths, folders = [], []
    (block,) = blocks(name, "text")
    for line in block.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        folders[depth:] = [line.split()[0].rstrip("/")]
        paths.append("/".join(folders))
    return paths


def links(name: str) -> set[str]:
    return {t for t in re.findall(r"\]\(([^)]+)\)", text(name)) if not t.startswith("README")}


@pytest.mark.parametrize("name", READMES)
def test_make_targets_exist(name):
    targets = set(re.findall(r"^([a-z][a-z-]*):", text("Makefile"), re.M))
    commands = re.findall(r"(?:`|^)make ([a-z-]+)", text(name), re.M)
    assert {"book", "test", "serve"} <= set(commands) <= targets
    assert [c.split()[1] for c in blocks(name, "bash")[0].splitlines()[1:]] == ["book", "test"]


def test_contributing_names_targets_that_exist():
    targets = set(re.findall(r"^([a-z][a-z-]*):", text("Makefile"), re.M))
    assert set(re.findall(r"`make ([a-z-]+)`", text("CONTRIBUTING.md"))) <= targets


@pytest.mark.parametrize("name", READMES)
def test_tree_is_the_tree(name):
    paths = tree(name)
    assert [path for path in paths if not (ROOT / path).exists()] == []
    skip = {"__init__.py", "__main__.py", "__pycache__", "py.typed"}
    package = {f"tinyaudio/{path.name}" for path in (ROOT / "tinyaudio").iterdir()}
    package -= {f"tinyaudio/{each}" for each in skip}
    assert sorted(package - set(paths)) == [], "not in the annotated tree"


@pytest.mark.parametrize("name", READMES)
def test_links_and_named_files_exist(name):
    spans = re.findall(r"`([\w./-]+)`", text(name))
    named = {
        s
        for s in spans
        if s.startswith(("tinyaudio/", "book/")) or s.endswith((".md", ".yml", ".txt"))
    }
    assert named
    headings = {h.lower() for h in re.findall(r"^## (\S+)$", text(name), re.M)}
    for target in links(name) | named:
        assert target[1:] in headings if target.startswith("#") else (ROOT / target).exists(), (
            target
        )


def test_both_readmes_name_the_same_things():
    for language in ("bash", "python"):
        assert blocks("README.md", language) == blocks("README.ko.md", language)
    assert tree("README.md") == tree("README.ko.md")
    assert links("README.md") == links("README.ko.md")
    english, korean = (set(re.findall(r"`([^`\n]+)`", text(name))) for name in READMES)
    assert english == korean
    assert text("README.md").count("\n## ") == text("README.ko.md").count("\n## ")


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch):
    (block,) = blocks("README.md", "python")
    (tmp_path / "tinyaudio").symlink_to(ROOT / "tinyaudio")
    monkeypatch.chdir(tmp_path)
    exec(block, {})
    clip, sample_rate = tinyaudio.load("violin-8k.wav")
    assert sample_rate == 8_000 and clip.shape[0] == 1 and clip.abs().max() > 0.1


def test_the_commands_of_the_readme_are_understood(tmp_path, monkeypatch):
    from tinyaudio.cli import parser, take_recipe

    monkeypatch.chdir(tmp_path)
    source = (ROOT / "tests" / "recipes" / "own_system.py").read_text()
    Path("my_system.py").write_text(source.replace('name="own_system"', 'name="my_system"'))
    lines = "".join(blocks("README.md", "bash")).splitlines()
    commands = [line.split()[1:] for line in lines if line.startswith("tinyaudio ")]
    assert {words[0] for words in commands} == {
        "data",
        "train",
        "generate",
        "convert",
        "translate",
        "upsample",
        "chain",
        "exercise",
    }
    for words in commands:
        rest, own = take_recipe(words)
        assert callable(parser(own).parse_args(rest).run)
