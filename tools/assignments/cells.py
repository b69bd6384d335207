"""What of a submission's cell is run.

A cell that asks a checker runs whole.  Of every other cell only that runs which gives something a name and is
done at once: imports, functions, classes and constants.  A chapter that trains for half a minute is thus
marked in seconds, and an answer may still use what its author defined elsewhere.
"""

import ast
import re
from collections.abc import Iterator
from typing import Any

# Where a call begins that may make a constant.
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


def run_cell(code: str, whole: bool, names: dict[str, Any]) -> None:
    """Run a cell; of one that asks no checker, only what gives something a name, each by itself."""
    try:
        body = ast.parse(code).body
    except SyntaxError:  # IPython's commands are no Python
        body = ast.parse(re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", code)).body
    if whole:
        exec(compile(ast.Module(body, []), "cell", "exec"), names)
        return
    first: Exception | None = None
    for one in filter(is_definition, body):
        try:
            exec(compile(ast.Module([one], []), "cell", "exec"), names)
        except NameError:  # it needs what is not run here; what follows may not
            pass
        except Exception as error:
            first = first or error
    if first:
        raise first


def is_definition(node: ast.stmt) -> bool:
    """Whether a statement only gives something a name, and calls nothing that may take long."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return node.value is None or all(map(is_quick, calls(node.value)))
    return isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)


def calls(node: ast.AST) -> Iterator[ast.Call]:
    """The calls that an expression makes when it is evaluated; those in a lambda's body wait."""
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.Call):
        yield node
    for one in ast.iter_child_nodes(node):
        yield from calls(one)


def is_quick(call: ast.Call) -> bool:
    """Whether a call is such as ``math.sqrt(2)`` or ``torch.arange(4).float()``."""
    node: ast.AST = call.func
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id in QUICK if isinstance(node, ast.Name) else isinstance(node, ast.Constant)
