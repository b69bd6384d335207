"""``tinyaudio submit``: pack notebooks into one zip, to hand in as the course says."""

import argparse
import json
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tinyaudio import __version__
from tinyaudio.errors import UserError
from tinyaudio.files import atomic_write

MOST_BYTES = 40 << 20  # a notebook with its figures and sounds takes 1 MB


def add_submit(commands: Any) -> None:
    """Add the command to a parser's commands."""
    one = commands.add_parser("submit", help="pack notebooks into one zip, to hand in")
    one.add_argument("notebooks", nargs="+", type=Path, metavar="NOTEBOOK")
    one.add_argument("--name", help="yours (by default it is asked for)")
    one.add_argument("--out", type=Path, help="the zip (default: NAME.zip)")
    one.set_defaults(run=submit_command)


def submit_command(options: argparse.Namespace) -> None:
    """Pack and say what to do with it."""
    name = options.name
    if name is None:
        if not sys.stdin.isatty():
            raise UserError("--name: say whose it is, such as --name '홍길동 2026-12345'")
        name = input("name: ")
    path = pack(options.notebooks, name, options.out)
    print(f"{path}: {len(options.notebooks)} notebooks of {name.strip()}; hand in this one file")


def pack(notebooks: Sequence[Path], name: str, out: Path | None = None) -> Path:
    """Pack notebooks into a zip.

    Args:
        notebooks: Files; of any two names, only the last part counts.
        name: Of the person; letters of any script, and spaces.
        out: The zip; by default named after the person, in the present folder.

    Returns:
        The zip's path.

    Raises:
        UserError: The name is empty, or a notebook is missing, too large, named like another, or no notebook.

    Example:
        >>> pack([Path("nothing.ipynb")], "홍 길동")
        Traceback (most recent call last):
        tinyaudio.errors.UserError: nothing.ipynb: there is no such file; name the notebook that you saved
    """
    name = " ".join(name.split())
    if not any(letter.isalnum() for letter in name):
        raise UserError("--name: is empty; say whose it is, such as --name '홍길동 2026-12345'")
    contents: dict[str, bytes] = {}
    for path in notebooks:
        if path.name in contents:
            raise UserError(f"{path}: two notebooks have this name; rename one")
        contents[path.name] = read_notebook(path)
    kept = "".join(letter if letter.isalnum() or letter in " -_." else "_" for letter in name)
    out = out or Path(f"{kept.lstrip('.')}.zip")
    if any(out.resolve() == path.resolve() for path in notebooks):
        raise UserError(f"{out}: is a notebook to hand in; give the zip another name")
    about = {"name": name, "notebooks": [*contents], "tinyaudio": __version__}
    with (
        atomic_write(out) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        packed.writestr("submission.json", json.dumps(about, ensure_ascii=False))
        for file_name, content in contents.items():
            packed.writestr(file_name, content)
    return out


def read_notebook(path: Path) -> bytes:
    """A notebook's bytes, if it is one.

    Raises:
        UserError: It is missing, too large, or something else.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; name the notebook that you saved")
    if path.stat().st_size > MOST_BYTES:
        raise UserError(
            f"{path}: {path.stat().st_size / 2**20:.0f} MB, more than {MOST_BYTES >> 20}; clear the outputs of "
            "its cells and save it"
        )
    content = path.read_bytes()
    try:
        is_notebook = isinstance(json.loads(content)["cells"], list)
    except (ValueError, KeyError, TypeError, RecursionError):
        is_notebook = False
    if path.suffix != ".ipynb" or not is_notebook:
        raise UserError(f"{path}: is no notebook; name a file that ends in .ipynb")
    return content
