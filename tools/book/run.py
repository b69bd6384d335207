"""Execute a chapter once, and record what its outputs were made from.

The record stands in the notebook's metadata: the hash of the code, the hash of every file of the
package that was loaded or opened, the hash of every output, and the seconds and memory that it took.
A change of anything else leaves the notebook as it is.
"""

import base64
import io
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from PIL import Image

from tinyaudio.files import atomic_write
from tools.book import LANGUAGES, ROOT, BookError
from tools.book.edition import edition, select
from tools.book.measured import BEGIN, END, keep_if_close
from tools.book.source import Chapter, short_hash, where

# What every kernel of the book sees; one thread, so that sums are added in one order.
KERNEL_ENVIRONMENT = {"TINYAUDIO_BUILD": "1", "OMP_NUM_THREADS": "1"}

# The files that the kernel opens, by an audit hook, and the package's modules that it imports.
WATCH_OPENED = """
import sys as _sys
_opened = set()
_sys.addaudithook(lambda event, args: event == "open" and isinstance(args[0], str) and _opened.add(args[0]))
"""
PRINT_OPENED = """
import json as _json
_files = {name: getattr(module, "__file__", None) for name, module in list(_sys.modules.items())}
_modules = {file for name, file in _files.items() if file and name.split(".")[0] == "tinyaudio"}
print(_json.dumps(sorted(_opened | _modules)))
"""


def make(chapter: Chapter, *, again: bool = False) -> bool:
    """Write both notebooks; execute only if the outputs no longer belong to the code, or `again`.

    Returns:
        Whether the chapter was executed.

    Raises:
        BookError: A cell raised; the notebooks stay as they were.
    """
    old = {language: stored(chapter, language) for language in LANGUAGES}
    reuse = not again and all(
        notebook and not staleness(chapter, notebook) for notebook in old.values()
    )
    executed = None if reuse else execute(chapter)
    made = {}
    for language in LANGUAGES:
        before = old[language].metadata.get("tinyaudio", {}) if old[language] else {}
        if executed:
            record = dict(executed.metadata["tinyaudio"])
            record["measured"] = keep_if_close(record["measured"], before.get("measured"))
        else:
            record = {k: v for k, v in before.items() if k != "outputs"}
        notebook = edition(chapter, language, measured=record["measured"])
        outputs = [cell.outputs for cell in code_cells(executed or old[language])]
        fill(notebook, outputs, language)
        notebook.metadata["tinyaudio"] = record | {"outputs": outputs_hash(notebook)}
        nbformat.validate(notebook)
        made[path_of(chapter, language)] = nbformat.writes(notebook) + "\n"
    write_changed(made)
    return executed is not None


def write_changed(texts: dict[Path, str]) -> None:
    """Write the files whose text differs; the others keep their date."""
    for path, text in texts.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            with atomic_write(path) as file:
                file.write(text.encode())


def execute(chapter: Chapter) -> NotebookNode:
    """Run every cell in a fresh kernel; the notebook returned holds both languages."""
    notebook = edition(chapter, "⟦ko|en⟧")
    if not code_cells(notebook):
        notebook.metadata["tinyaudio"] = {
            "source": relative(chapter.path),
            "code": chapter.code_hash,
            "made_from": {},
            "measured": {"seconds": 0.0, "memory_gb": 0.0},
        }
        return notebook
    with tempfile.TemporaryDirectory(prefix="kernel") as sockets:
        # Sockets in a folder: no port that another process could take, no network needed.
        manager = AsyncKernelManager(transport="ipc", ip=str(Path(sockets) / "k"))
        client = NotebookClient(notebook, km=manager, timeout=600, record_timing=False)
        client.owns_km = True  # so that it is shut down when we are done
        os.environ.update(KERNEL_ENVIRONMENT)
        home = ROOT / "book" / "ko"
        home.mkdir(exist_ok=True)
        with client.setup_kernel(cwd=str(home)):
            run_code(client, WATCH_OPENED + BEGIN)
            for i, cell in enumerate(notebook.cells):
                try:
                    client.execute_cell(cell, i)
                except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                    source = next(
                        (c for c in chapter.cells if c.text == cell.source), chapter.cells[0]
                    )
                    why = str(error)
                    if isinstance(error, CellExecutionError):
                        why = f"{error.ename}: {error.evalue}"
                    raise BookError(
                        f"{where(chapter, source)}: this cell failed; mend it, "
                        f"the notebooks are left as they were\n{why}"
                    ) from None
            measured = json.loads(run_code(client, END))
            opened = json.loads(run_code(client, PRINT_OPENED))
    notebook.metadata["tinyaudio"] = {
        "source": relative(chapter.path),
        "code": chapter.code_hash,
        "made_from": {
            name: short_hash((ROOT / name).read_bytes(), 16) for name in package_files(opened)
        },
        "measured": measured,
    }
    return notebook


def run_code(client: NotebookClient, code: str) -> str:
    """Run code in the client's kernel, outside the notebook; returns what it printed."""
    printed: list[str] = []

    def collect(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    from jupyter_core.utils import run_sync

    run_sync(client.kc._async_execute_interactive)(code, store_history=False, output_hook=collect)
    return "".join(printed)


def package_files(opened: list[str]) -> list[str]:
    """The opened files that belong to the package; one file of a model stands for its folder."""
    files = set()
    models = ROOT / "tinyaudio" / "assets" / "models"
    for name in opened:
        path = Path(name).resolve()
        if path.is_relative_to(models) and len(path.relative_to(models).parts) > 1:
            folder = models / path.relative_to(models).parts[0]
            files.update(file for file in folder.rglob("*") if file.is_file())
        elif path.is_relative_to(ROOT / "tinyaudio") and path.is_file() and path.suffix != ".pyc":
            files.add(path)
    return sorted(relative(path) for path in files)


def staleness(chapter: Chapter, notebook: NotebookNode) -> str:
    """Why the stored outputs no longer belong to the chapter; empty if they do."""
    record = notebook.metadata.get("tinyaudio", {})
    if record.get("code") != chapter.code_hash:
        return "its code changed"
    for name, digest in record.get("made_from", {}).items():
        path = ROOT / name
        if not path.exists() or short_hash(path.read_bytes(), 16) != digest:
            return f"{name} changed"
    if record.get("outputs") != outputs_hash(notebook):
        return "its outputs were changed by hand"
    if "measured" not in record:
        return "its time and memory were not measured"
    return ""


def fitting(chapter: Chapter, language: str, refusal: str) -> NotebookNode:
    """A chapter's stored notebook, whose outputs are those of its code.

    Raises:
        BookError: It is missing or stale; the message says what is refused, and why.
    """
    notebook = stored(chapter, language)
    why = "it is missing" if notebook is None else staleness(chapter, notebook)
    if notebook is None or why:
        raise BookError(
            f"{relative(chapter.path)}: {refusal}: {why}; run python -m tools.book make {chapter.name}"
        )
    return notebook


def outputs_hash(notebook: NotebookNode) -> str:
    """Hash of all outputs: every number, figure and sound."""
    outputs = [cell.outputs for cell in code_cells(notebook)]
    return short_hash(json.dumps(outputs, sort_keys=True, ensure_ascii=False), 16)


def fill(notebook: NotebookNode, outputs: list[list[NotebookNode]], language: str) -> None:
    """Put outputs into a notebook's code cells, in one language."""
    for count, (cell, found) in enumerate(zip(code_cells(notebook), outputs, strict=True), 1):
        cell.execution_count = count
        cell.outputs = []
        for output in merge_streams(found):
            text = select(json.dumps(quantize_figure(output), ensure_ascii=False), language)
            cell.outputs.append(nbformat.from_dict(json.loads(text)))
            if "execution_count" in cell.outputs[-1]:
                cell.outputs[-1].execution_count = count


def merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs, with consecutive messages of one stream as one, however the kernel cut them."""
    merged: list[NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if "stream" == output.output_type and last.get("name") == output.name:
            merged[-1] = nbformat.from_dict(output | {"text": last.text + output.text})
        else:
            merged.append(output)
    return merged


def quantize_figure(output: NotebookNode) -> NotebookNode:
    """The output with its figure in 256 colours: a third of the bytes, no visible difference."""
    png = output.get("data", {}).get("image/png")
    picture = Image.open(io.BytesIO(base64.b64decode(png))) if png else None
    if picture is None or picture.mode == "P":
        return output
    file = io.BytesIO()
    picture.convert("RGB").quantize(256).save(file, "PNG", optimize=True)
    data = output.data | {"image/png": base64.b64encode(file.getvalue()).decode()}
    return nbformat.from_dict(output | {"data": data})


def stored(chapter: Chapter, language: str) -> NotebookNode | None:
    """The notebook as it was written last, if it can be read."""
    path = path_of(chapter, language)
    try:
        return nbformat.read(path, 4) if path.exists() else None
    except (ValueError, AttributeError, TypeError, KeyError, nbformat.ValidationError):
        return None


def path_of(chapter: Chapter, language: str) -> Path:
    """Where a chapter's notebook lies."""
    return ROOT / "book" / language / f"{chapter.name}.ipynb"


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that are executed."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def relative(path: Path) -> str:
    """The path inside the project."""
    return (
        re.sub(r"\\", "/", str(path.relative_to(ROOT))) if path.is_relative_to(ROOT) else str(path)
    )
