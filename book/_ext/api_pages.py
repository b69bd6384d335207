"""The API pages: what stands in the code, shown by Sphinx's autodoc.

Our docstrings are plain text in Google style, written to be read in the code.  Here they become
Sphinx's markup: fields of a module (``See:`` leads to the chapter), equations as they are written,
signatures as they stand in the source, and a link to that source.
"""

import ast
import copy
import functools
import importlib
import inspect
import re
from pathlib import Path

from sphinx.application import Sphinx

from tools.book import ROOT
from tools.book.edition import repository, select

FIELD = re.compile(r"^(Paper|Implements|Differs|See|[A-Z]{4,}):?(?= )")
FIELDS = re.compile(rf":\w|\.\. |>>> |{FIELD.pattern}")  # where the prose ends
LATEX = re.compile(r"\\[a-z]+")
CHAPTER = re.compile(r'chapter (\d+)(,\s+"[^"]+")?')
KEPT = re.compile(r"(``.+?``|`[^`]+`|(?<![\w*])\*\w[\w ]*\*(?![\w*]))")  # code, and *stress*
# What reStructuredText would take for markup in plain text: x*y, |x|, x_, \sum.
SPECIAL = re.compile(r"\\|\*|\||(?<=\w)_(?!\w)")
OPTION = re.compile(r"(?<!\S)--[a-z][a-z-]*")  # else a dash is made of the two hyphens
FRONT = re.compile(r"^(?P<mark>\s*(?:\* |- |:[^:`]+: ?|\.\. .*|>>> .*|\.\.\. .*)?)(?P<text>.*)$")


def select_language(app: Sphinx, page: str, source: list[str]) -> None:
    """Keep one language of every ``⟦ko|en⟧`` of an API page."""
    if page.startswith("book/api/"):
        source[0] = select(source[0], app.config.language)


@functools.cache
def chapters() -> dict[int, str]:
    """Chapter number -> name of its notebook."""
    fronts = {path.stem: path.read_text(encoding="utf-8") for path in ROOT.glob("book/src/*.md")}
    numbers = {name: re.search(r"(?m)^number: (\d+)$", text) for name, text in fronts.items()}
    return {int(number[1]): name for name, number in numbers.items() if number}


def as_parameters(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Show a dataclass's ``Attributes:`` as its parameters; runs before napoleon."""
    lines[:] = ["Args:" if line == "Attributes:" else line for line in lines]


def as_markup(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Our plain text as reStructuredText; runs after napoleon has read the Google style."""
    lines[:] = whole_returns("\n".join(lines).split("\n"))  # napoleon puts some together
    prose = next((i for i, line in enumerate(lines) if FIELDS.match(line)), len(lines))
    text = "\n\n".join(map(paragraph, "\n".join(lines[:prose]).split("\n\n")))
    fields = [FIELD.sub(lambda word: f":{word[1].capitalize()}:", line) for line in lines[prose:]]
    text = "\n".join([text, "", *map(escaped, fields)])
    lines[:] = see_chapter(text, app.config.language).split("\n")


def paragraph(text: str) -> str:
    r"""A paragraph: an equation, an example, or words.

    Example:
        >>> paragraph("E = \\sum_k x_k^2,   k > 0")
        '.. math:: E = \\sum_k x_k^2,\\quad k > 0'
    """
    if LATEX.search(text):
        formula, note = re.fullmatch(r"(.*?)(\[[A-Z][^\]]*\])?", text.strip(), re.DOTALL).groups("")
        formula = re.sub(r"(?<![\\{\w])[a-z]{3,}(?!\w)", r"\\operatorname{\g<0>}", formula)
        formula = re.sub(r" {2,}", r"\\quad ", formula)
        return f".. math:: {formula}" + (rf"\text{{{note}}}" if note else "")
    if text.startswith("    "):
        return f"::\n\n{text}"
    return "\n".join(map(escaped, text.split("\n")))


def whole_returns(lines: list[str]) -> list[str]:
    """``Returns: integers: at 16 bits, ...`` is one sentence; napoleon takes its beginning for a type.

    Example:
        >>> whole_returns([":returns: at 16 bits.", ":rtype: Integers"])
        [':returns: Integers: at 16 bits.']
    """
    types = [line.removeprefix(":rtype: ") for line in lines if line.startswith(":rtype: ")]
    return [
        line.replace(":returns: ", f":returns: {types[0]}: ", 1) if types else line
        for line in lines
        if not line.startswith(":rtype: ")
    ]


def escaped(line: str) -> str:
    r"""A line of text whose stars, bars and underscores stay what they are.

    Example:
        >>> escaped(":param n_fft: 2 * hop_, see `hop_`")
        ':param n_fft: 2 \\* hop\\_, see `hop_`'
    """
    parts = FRONT.match(line)
    assert parts, repr(line)
    if parts["mark"].lstrip().startswith((">>>", "..")):
        return line
    words = KEPT.split(parts["text"])
    words[::2] = [OPTION.sub(r"``\g<0>``", SPECIAL.sub(r"\\\g<0>", word)) for word in words[::2]]
    return parts["mark"] + "".join(words)


def see_chapter(text: str, language: str) -> str:
    """`text` with every existing chapter as a link to its page."""

    def link(match: re.Match[str]) -> str:
        name = chapters().get(int(match[1]))
        return f":doc:`/book/{language}/{name}`" if name else match[0]

    return CHAPTER.sub(link, text)


@functools.cache
def tree(module: str) -> ast.Module:
    """The source of a module."""
    return ast.parse(inspect.getsource(importlib.import_module(module)))


def definition(module: str, name: str) -> ast.AST | None:
    """Where a function or a class stands in the source of a module; None if it does not."""
    found: ast.AST | None = tree(module)
    for part in name.split("."):
        body = getattr(found, "body", ())
        found = next((one for one in body if getattr(one, "name", None) == part), None)
    return found


class WithoutOptions(ast.NodeTransformer):
    """``Annotated[int, "help of an option"]`` as ``int``."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Called by ``visit`` for each subscript."""
        if ast.unparse(node.value) == "Annotated" and isinstance(node.slice, ast.Tuple):
            return self.visit(node.slice.elts[0])
        return self.generic_visit(node)


def as_written(app: Sphinx, what: str, name: str, obj: object, options: object,
               signature: str | None, returns: str | None) -> tuple[str, str | None] | None:  # fmt: skip
    """The signature as the source has it: shapes and defaults by their names, not their values."""
    module = getattr(obj, "__module__", None)
    if not signature or not module or not module.startswith("tinyaudio"):
        return None
    found = definition(module, getattr(obj, "__qualname__", ""))
    if isinstance(found, ast.ClassDef):
        found = next((one for one in found.body if getattr(one, "name", "") == "__init__"), None)
        bound, result = True, None
    elif isinstance(found, ast.FunctionDef):
        bound = what == "method" and not any(
            "static" in ast.unparse(d) for d in found.decorator_list
        )
        result = ast.unparse(found.returns).strip("'") if found.returns else None
    if not isinstance(found, ast.FunctionDef):
        return None  # a dataclass: its fields make the signature
    arguments = WithoutOptions().visit(copy.deepcopy(found.args))
    if bound:
        arguments.args = arguments.args[1:]  # without self
    return f"({ast.unparse(arguments)})", result


def not_a_method(
    app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object
) -> bool | None:
    """A function that is a field's default is no method, and a tuple's field no property."""
    default = inspect.isfunction(obj) and "." not in obj.__qualname__
    field = isinstance(getattr(obj, "__doc__", None), str) and obj.__doc__.startswith(
        "Alias for field"
    )
    return True if what == "class" and (default or field) else None


def source_address(domain: str, info: dict[str, str]) -> str | None:
    """The lines of the repository that define a name."""
    found = definition(info["module"], info["fullname"]) if info["module"] else None
    if domain != "py" or found is None:
        return None
    path = Path(inspect.getsourcefile(importlib.import_module(info["module"])) or "")
    lines = f"L{found.lineno}-L{found.end_lineno}"
    return f"{repository()}/blob/main/{path.relative_to(ROOT).as_posix()}#{lines}"


def set_linkcode(app: Sphinx, config: object) -> None:
    """A function cannot stand in a YAML file."""
    config.linkcode_resolve = source_address


def setup(app: Sphinx) -> dict[str, object]:
    """Called by Sphinx."""
    for extension in ("sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.linkcode"):
        app.setup_extension(extension)
    app.add_css_file("api.css")
    app.connect("config-inited", set_linkcode)
    app.connect("source-read", select_language)
    app.connect("autodoc-skip-member", not_a_method)
    app.connect("autodoc-process-docstring", as_parameters, priority=400)
    app.connect("autodoc-process-docstring", as_markup, priority=600)
    app.connect("autodoc-process-signature", as_written)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
