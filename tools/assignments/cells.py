"""What of a submission's cell is run.

A cell that asks a checker runs whole.  Of every other cell only that runs which is done at once: imports,
functions, classes, constants, and blocks and loops that call nothing but what is quick.  A chapter that
trains for half a minute is thus marked in seconds, and an answer may still use what its author defined
elsewhere.  `not_run` names the rest, as an answer may have needed it.
"""

import ast
import re
from collections.abc import Iterator
from typing import Any

# Where a call begins that takes no time.
QUICK = {
    "math",
    "np",
    "numpy",
    "torch",
    "functools",
    "partial",
    "itertools",
    "abs",
    "bool",
    "complex",
}
QUICK |= {"dict", "float", "frozenset", "int", "len", "list", "max", "min", "range", "round", "set"}
QUICK |= {"sorted", "str", "sum", "tuple", "zip"}
QUICK |= {"all", "any", "classmethod", "dataclass", "dataclasses", "divmod", "enumerate", "field"}
QUICK |= {"isinstance", "namedtuple", "pow", "property", "reversed", "slice", "staticmethod"}
# Methods that take no time, whatever they are of.
QUICK_METHODS = {"add", "append", "extend", "items", "join", "keys", "setdefault", "values"}
SHOWN = {"display", "help", "plt", "print"}  # what only shows something is not missed
DEFINITIONS = (
    *(ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Import, ast.ImportFrom),
    *(ast.FunctionDef, ast.ClassDef),
)
BLOCKS = (ast.If, ast.Try, ast.For, ast.With, ast.Expr)


def run_cell(code: str, whole: bool, names: dict[str, Any], handed_out: bool = False) -> None:
    """Run a cell; of one that asks no checker, only what is done at once, each by itself.

    Args:
        code: The cell.
        whole: Whether it asks a checker.
        names: What is defined so far.
        handed_out: Whether the cell is the chapter's own; no answer needs its blocks and loops.
    """
    body = parsed(code)
    if whole:
        exec(compile(ast.Module(body, []), "cell", "exec"), names)
        return
    first: Exception | None = None
    for one in body:
        if not is_quick(one) or (handed_out and isinstance(one, BLOCKS)):
            continue
        try:
            exec(compile(ast.Module([one], []), "cell", "exec"), names)
        except NameError:  # it needs what is not run here; what follows may not
            pass
        except Exception as error:
            first = first or error
    if first:
        raise first


def parsed(code: str) -> list[ast.stmt]:
    """The statements of a cell."""
    try:
        return ast.parse(code).body
    except SyntaxError:  # IPython's commands are no Python
        return ast.parse(re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", code)).body


def not_run(code: str) -> list[int]:
    """The lines where statements begin that are not run, though an answer may need them."""
    left = [one for one in parsed(code) if not is_quick(one) and not isinstance(one, ast.Assert)]
    return [one.lineno for one in left if not (isinstance(one, ast.Expr) and shows(one.value))]


def shows(node: ast.expr) -> bool:
    """Whether an expression only shows something, such as ``print(x)``."""
    return isinstance(node, ast.Call) and root(node) in SHOWN


def is_quick(node: ast.stmt) -> bool:
    """Whether a statement is run: it gives something a name, or fills a table, and takes no time."""
    return isinstance(node, (ast.Pass, *DEFINITIONS, *BLOCKS)) and all(
        is_quick_call(one) if isinstance(one, ast.Call) else not isinstance(one, ast.While)
        for one in evaluated(node)
    )


def evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """What is evaluated when a statement is: all of it but the bodies of functions, which wait.

    A decorator is a call of it.
    """
    yield node
    children = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        children = [one for one in [*node.args.defaults, *node.args.kw_defaults] if one]
    for one in getattr(node, "decorator_list", []):
        yield from evaluated(ast.Call(one, [], []))
    for one in children:
        yield from evaluated(one)


def is_quick_call(call: ast.Call) -> bool:
    """Whether a call is such as ``math.sqrt(2)``, ``torch.arange(4).float()`` or ``table.append(1)``."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in QUICK_METHODS:
        return True
    begin = root(call)
    return begin in QUICK or begin == ""


def root(node: ast.AST) -> str | None:
    """The name where a call begins; empty if that is a constant."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    if isinstance(node, ast.Constant):
        return ""
    return node.id if isinstance(node, ast.Name) else None
