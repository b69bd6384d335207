"""Build both editions into one site: Korean at the root, English under ``en/``."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from tools.book import ROOT, BookError
from tools.book.address import known, with_address

BUILD = ROOT / "_build"


def build() -> Path:
    """Build the site; the last good one stays until the new one is complete.

    Returns:
        The site's first page.

    Raises:
        BookError: Jupyter Book failed.
    """
    BUILD.mkdir(exist_ok=True)
    write_api_pages(ROOT / "book" / "api")
    english = yaml.safe_load((ROOT / "book" / "english.yml").read_text())
    korean_config = yaml.safe_load((ROOT / "_config.yml").read_text())
    # These alone are looked for beside the configuration, which here is in _build.
    local = korean_config["sphinx"]["local_extensions"]
    absolute = {name: str(ROOT / path) for name, path in local.items()}
    korean_config["sphinx"]["local_extensions"] = absolute
    for language, config in (
        ("ko", korean_config),
        ("en", merged(korean_config, english["config"])),
    ):
        text = yaml.safe_dump(with_address(config, known()), allow_unicode=True)
        (BUILD / f"config.{language}.yml").write_text(text)
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    (BUILD / "toc.en.yml").write_text(
        yaml.safe_dump(translated(toc, english["captions"]), allow_unicode=True)
    )
    with ThreadPoolExecutor() as cores:  # each edition is a process of its own
        korean = cores.submit(pages, BUILD / "config.ko.yml", ROOT / "_toc.yml", BUILD / "ko")
        pages(BUILD / "config.en.yml", BUILD / "toc.en.yml", BUILD / "en")
        korean.result()
    new, site = BUILD / "html.new", BUILD / "html"
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(BUILD / "ko" / "_build" / "html", new)
    shutil.copytree(BUILD / "en" / "_build" / "html", new / "en")
    (new / ".nojekyll").touch()
    shutil.rmtree(site, ignore_errors=True)
    new.rename(site)
    return site / "index.html"


def write_api_pages(folder: Path) -> None:
    """Write one page for each package of tinyaudio, by sphinx-apidoc; pages of packages that are gone go."""
    from sphinx.ext.apidoc import main  # half a second, for this command only

    for page in folder.glob("tinyaudio*.rst"):
        page.unlink()
    templates = ROOT / "book" / "_templates" / "apidoc"
    words = ["-q", "--no-toc", "--templatedir", templates, "-o", folder, ROOT / "tinyaudio"]
    main(list(map(str, words)))


def pages(config: Path, toc: Path, out: Path) -> None:
    """Build one edition; every warning is an error."""
    words = [
        "build",
        ROOT,
        "--path-output",
        out,
        "--config",
        config,
        "--toc",
        toc,
        "-W",
        "--keep-going",
        "-q",
        "--all",  # a change of style or of an extension must reach pages whose text is the same
    ]
    command = [
        sys.executable,
        "-c",
        "from jupyter_book.cli.main import main; main()",
        *map(str, words),
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        log = (result.stdout + result.stderr)[-4000:]
        raise BookError(
            f"{config.name}: Jupyter Book failed; the last good site is left as it was\n{log}"
        )


def merged(base: dict, over: dict) -> dict:
    """`base` with what `over` says instead, at any depth."""
    both = base | over
    return {
        k: merged(base[k], v) if isinstance(v, dict) and k in base else v for k, v in both.items()
    }


def translated(toc: object, captions: dict[str, str]) -> object:
    """The table of contents with English captions and the English notebooks."""
    if isinstance(toc, dict):
        return {
            k: captions[v] if k == "caption" else translated(v, captions) for k, v in toc.items()
        }
    if isinstance(toc, list):
        return [translated(one, captions) for one in toc]
    return toc.replace("book/ko/", "book/en/") if isinstance(toc, str) else toc
