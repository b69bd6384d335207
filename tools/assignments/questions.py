"""What a marker asks of an answer, without the answer: an exercise's cases, cut out of its module.

The modules of ``tinyaudio.exercises`` hold solutions.  `question` keeps of a module's source what
the hidden cases need, and nothing else; `observe` puts the cases to an answer and records its results as
arrays, for the reference and for a submission alike.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tinyaudio.exercises.check_result import as_tensor, equal

Answer = Callable[..., Any]
Observation = dict[str, np.ndarray]
# Exercises that ask for any answer with a property: the marker judges the bare result by these functions.
JUDGED = {"check_levels": "_judged", "check_trigram": "_judged"}
# Exercises whose answer must also do something in a certain way, which a function of its module finds out.
WATCHED = {"check_encode", "check_taps", "check_generate"}
# Exercises whose `run` loses gradients: what to differentiate instead.
DIFFERENTIATED = {
    "gated_layer.check_layer": """
def SLOPED(build):
    def run(weights, x, d, offset):
        module = build(x.shape[2], d)
        module.load_state_dict(weights)
        return tuple(module(x, offset))
    return run
"""
}
# Gradients that an exercise leaves open, as (result, argument): what the generator's loss does to the
# discriminator, and what a critic's loss does to real clips and to the mixing.
OPEN = {"check_losses": ((1, 0), (1, 1)), "check_critic_loss": ((0, 2), (0, 4))}
# A case of codes so far from every component that probabilities underflow.
MORE_EDGES = {
    "check_mixture_bits": "[(_EXAMPLE.expand(-1, 2).clone(), torch.tensor([30_000, 60_000]), 65_536)]"
}
MOST = 1_000_000  # numbers in a result


@dataclass(frozen=True)
class Question:
    """What is sent to a submission's process.

    Attributes:
        source: Python that defines `CASES`, `EDGES`, `RUN`, `SLOPED` and `WATCH`.
        slopes: Whether gradients count.
        seed: Of the cases.
        open: Gradients that do not count, by result and argument.
    """

    source: str
    slopes: bool
    seed: int
    open: tuple[tuple[int, int], ...] = ()


def question(check: Callable[..., Any], seed: int, judged: bool = False) -> Question:
    """The question that a checker of ``tinyaudio.exercises`` asks, without its answers.

    Args:
        check: The checker.
        seed: Of the cases.
        judged: Whether results are judged where they arise, in exercises that ask for a property.
    """
    module = sys.modules[check.__module__]
    name = check.__name__.removeprefix("check_").upper()
    tree = NoAnswers().visit(ast.parse(inspect.getsource(module)))
    call = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    )
    assert isinstance(call, ast.Call)
    given = {word.arg: word.value for word in call.keywords}
    watched = check.__name__ in WATCHED
    nothing = ast.Constant(None)
    edges = ast.unparse(given["edges"]) if "edges" in given else "()"
    more = MORE_EDGES.get(check.__name__, "()")
    wanted = {
        "CASES": given["cases"],
        "EDGES": ast.parse(f"[*{edges}, *{more}]", mode="eval").body,
        "RUN": nothing if check.__name__ in JUDGED and not judged else given.get("run", nothing),
        "WATCH": given["witness"] if watched else nothing,
    }
    source = "\n".join(
        [
            *reachable(tree, list(wanted.values())),
            *(f"{key} = {ast.unparse(value)}" for key, value in wanted.items()),
            DIFFERENTIATED.get(
                f"{module.__name__.split('.')[-1]}.{check.__name__}", "SLOPED = RUN"
            ),
        ]
    )
    slopes = "witness" in given and not watched
    return Question(source, slopes, seed, OPEN.get(check.__name__, ()))


class NoAnswers(ast.NodeTransformer):
    """Take the wrong answers out of mistakes, which may be written by the right one."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`Mistake(answer, korean, english)` without the answer."""
        if ast.unparse(node.func) == "Mistake" and node.args:
            node.args[0] = ast.Name("object", ast.Load())
        return self.generic_visit(node)


def reachable(tree: ast.Module, roots: Sequence[ast.AST]) -> list[str]:
    """The top-level statements that these expressions need, in order."""
    homes = {name: node for node in tree.body for name in defined(node)}
    kept: set[ast.stmt] = set()
    todo = list(roots)
    while todo:
        for node in ast.walk(todo.pop()):
            home = homes.get(node.id) if isinstance(node, ast.Name) else None
            if home and home not in kept:
                kept.add(home)
                todo.append(home)
    return [ast.unparse(node) for node in tree.body if node in kept]


def defined(node: ast.stmt) -> Iterator[str]:
    """The names that a top-level statement defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from (one.id for one in ast.walk(target) if isinstance(one, ast.Name))


@dataclass(frozen=True)
class Asked:
    """A question's cases, ready to be put."""

    cases: Sequence[tuple[Any, ...]]
    edges: Sequence[tuple[Any, ...]]
    run: Callable[[Answer], Answer]
    sloped: Callable[[Answer], Answer]
    watch: Callable[[Answer], Any] | None
    slopes: bool
    open: set[tuple[int, int]]


def asked(one: Question) -> Asked:
    """The cases of a question."""
    names: dict[str, Any] = {"__name__": "question"}
    exec(compile(one.source, "question", "exec"), names)
    return Asked(
        list(names["CASES"](torch.Generator().manual_seed(one.seed))),
        list(names["EDGES"]),
        names["RUN"] or (lambda answer: answer),
        names["SLOPED"] or (lambda answer: answer),
        names["WATCH"],
        one.slopes,
        {(i, j) for i, j in one.open},
    )


def observe(answer: Any, question: Asked) -> Observation:
    """What an answer gives on every case: arrays, or a word where there is none.

    The keys are ``case 0``…, ``edge 0``…, ``slope 0 0 0``… (of each case's results, each by each
    argument) and ``watch``.  What is no number, and what is raised, is text.
    """
    found: Observation = {}
    if not callable(answer):
        return {"case 0": text(f"of type {type(answer).__name__}, not a function")}
    stages = (("case", question.cases), ("edge", question.edges))
    for stage, cases in stages:
        for i, case in enumerate(cases):
            try:
                found[f"{stage} {i}"] = as_array(question.run(answer)(*deepcopy(case)))
            except NotImplementedError:
                return {"case 0": text("not written")}
            except Exception as error:  # a submission may raise anything
                found[f"{stage} {i}"] = text(f"raised {type(error).__name__}: {error}"[:300])
                return found
    if question.slopes:
        for i, case in enumerate(question.cases):
            for place, slope in slopes(question.sloped(answer), case).items():
                if place not in question.open:
                    found[f"slope {i} {place[0]} {place[1]}"] = slope
    if question.watch:
        try:
            flaw = question.watch(answer)
            found["watch"] = text(flaw.english if flaw else "")
        except Exception as error:
            found["watch"] = text(f"raised {type(error).__name__}: {error}"[:300])
    return found


def text(words: str) -> np.ndarray:
    """Words as an array, which needs no pickle."""
    return np.array(words)


def as_array(value: Any) -> np.ndarray:
    """A result as an array of numbers, or in words."""
    if value is None or value is ...:
        return text("nothing")
    found = as_tensor(value)
    if found is None:
        return text(f"of type {type(value).__name__}")
    if found.numel() > MOST:
        return text(f"{found.numel()} numbers")
    return (found.float() if found.dtype in (torch.bfloat16, torch.float16) else found).numpy()


def slopes(answer: Answer, case: tuple[Any, ...]) -> dict[tuple[int, int], np.ndarray]:
    """The gradients of an answer's results by every tensor of a case; of a tensor, of a weighted sum."""
    leaves: list[Tensor] = []
    case = tuple(with_gradient(one, leaves) for one in deepcopy(case))
    try:
        value = answer(*case)
        found = {}
        for i, part in enumerate(parts(value)):
            grads: Sequence[Tensor | None] = [None] * len(leaves)
            if isinstance(part, Tensor) and part.requires_grad:
                weights = 1 + torch.arange(part.numel()).view(part.shape) / 4
                total = (weights * part).sum()
                grads = torch.autograd.grad(total, leaves, retain_graph=True, allow_unused=True)
            for j, (grad, leaf) in enumerate(zip(grads, leaves, strict=True)):
                found[i, j] = (torch.zeros_like(leaf) if grad is None else grad).detach().numpy()
        return found
    except Exception as error:
        return {(0, 0): text(f"raised {type(error).__name__}: {error}"[:300])}


def parts(value: Any) -> list[Any]:
    """The results of an answer: the few numbers of a row one by one, and whatever else as one."""
    if isinstance(value, tuple | list):
        return list(value)
    few = isinstance(value, Tensor) and value.dim() == 1 and len(value) <= 3
    return list(value.unbind()) if few else [value]


def with_gradient(value: Any, leaves: list[Tensor]) -> Any:
    """A copy of an argument whose tensors collect gradients; each is added to `leaves`."""
    if isinstance(value, nn.Module):
        leaves += [parameter.requires_grad_() for parameter in value.parameters()]
    elif isinstance(value, Tensor) and value.is_floating_point():
        value = value.detach().clone().requires_grad_()
        leaves.append(value)
    elif type(value) in (list, tuple):
        return type(value)(with_gradient(one, leaves) for one in value)
    elif hasattr(value, "__dict__") and not callable(getattr(value, "__get__", None)):
        for name, one in list(vars(value).items()):
            if isinstance(one, Tensor) and one.is_floating_point():
                object.__setattr__(value, name, with_gradient(one, leaves))
    return value


def same(x: np.ndarray | None, y: np.ndarray | None, place: str, tolerance: float) -> bool:
    """Whether two results at a place are the same; two missing ones are, after an error."""
    if x is None or y is None:
        return x is y
    if x.dtype.kind in "US" or y.dtype.kind in "US":
        return x.dtype.kind == y.dtype.kind and str(x) == str(y)
    return equal(x, y, max(tolerance, 1e-3) if place.startswith("slope") else tolerance)
