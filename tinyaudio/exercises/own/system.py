"""What an exercise of building a whole system is: a starter file, tests, and two minutes of training.

Implements: `System`; `results`, which runs its tests; `agreement`, the test that all systems share: with the
            shipped weights, the reader's network computes what the shipped one does.
See:        `tinyaudio.exercises.own.properties`, for the others.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from importlib import resources
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from tinyaudio.errors import UserError
from tinyaudio.exercises.check_result import CheckResult
from tinyaudio.exercises.own.adapter import adapter_fault, load_shipped, matched_modules, sources
from tinyaudio.exercises.own.compare import Calls, LayerDifference, first_difference, near, record
from tinyaudio.exercises.own.file import FUNCTIONS, OwnFile, Unwritten, first_line
from tinyaudio.language import tr
from tinyaudio.train import Learner


@dataclass(frozen=True)
class System:
    """A system that the reader builds.

    Attributes:
        name: On the command line.
        shipped: The model that comes with the package.
        network: Which of its networks the reader builds, by its learner's name.
        check: ``(own, shipped network)`` to results, one a test, the simplest first.
        learners: ``(own, configuration of the run)`` to what trains, one named `network`.
        score: Name of what is compared, lower is better: of the recipe's evaluation, or `measure`'s.
        command: The recipe's that makes sound.
        keywords: What it is asked for.
        functions: That the reader's file must have.
        settings: Of the run that differ in two minutes.
        measure: ``(held-out audio, generated audio)`` to a score, both (B, 1, T), if the recipe has none.
    """

    name: str
    shipped: str
    network: str
    check: Callable[[OwnFile, nn.Module], Iterator[CheckResult]]
    learners: Callable[[OwnFile, Any], list[Learner]]
    score: str
    command: str = "generate"
    keywords: Mapping[str, Any] = field(default_factory=dict)
    functions: Sequence[str] = FUNCTIONS
    settings: Mapping[str, Any] = field(default_factory=dict)
    measure: Callable[[Tensor, Tensor], float] | None = None

    @property
    def starter(self) -> str:
        """Text of the file that the reader starts from."""
        folder = resources.files("tinyaudio") / "assets" / "starters"
        return (folder / f"{self.name}.txt").read_text(encoding="utf-8")


def results(system: System, own: OwnFile, shipped: nn.Module) -> Iterator[CheckResult]:
    """The results of a system's tests, up to the first that fails.

    Args:
        system: Whose tests.
        own: The reader's file.
        shipped: The network that it is compared with.
    """
    found = system.check(own, shipped)
    with torch.random.fork_rng():
        while True:
            torch.manual_seed(0)
            try:
                result = next(found)
            except StopIteration:
                return
            except Exception as error:  # a reader's code may raise anything
                result = raised(own, error)
            yield result
            if not result:
                return


def empty_function(own: OwnFile, error: Exception) -> str | None:
    """The function of the file that is still empty, as the starter leaves it; None if it is another error."""
    if isinstance(error, Unwritten):
        return str(error)
    frames = own.frames_of(error)
    if not frames or not isinstance(error, NotImplementedError):
        return None
    last = frames[-1]  # torch raises the same where forward is missing
    return last.name if (last.line or "").startswith("raise NotImplementedError") else None


def raised(own: OwnFile, error: Exception) -> CheckResult:
    """That an exception ended the tests, and the line of the reader's file, if it passed one.

    Raises:
        UserError: It is one, of the package.
    """
    if what := empty_function(own, error):
        return CheckResult(False, tr(f"아직 비어 있습니다: {what}.", f"Not written yet: {what}."))
    line, name, what = own.line_of(error), own.path.name, first_line(error)
    if line is None and isinstance(error, UserError):
        raise error
    ko, en = (f" {line}번째 줄에서", f", line {line},") if line else (": 테스트하다가", ": a test")
    return CheckResult(
        False, tr(f"{name}{ko} 오류가 났습니다: {what}", f"{name}{en} raised {what}")
    )


class Suspect(NamedTuple):
    """A typical mistake, known by what it gives at one place of the network.

    Attributes:
        module: Name of the shipped module, ``*`` for any number.
        where: Its "input" or "output".
        value: ``(module's name, record of the right network, the right network)`` to what the mistake gives.
        korean: The message in Korean.
        english: The message in English.
    """

    module: str
    where: str
    value: Callable[[str, Calls, Any], Tensor]
    korean: str
    english: str


def agreement(
    own: OwnFile,
    config: Any,
    shipped: nn.Module,
    inputs: Sequence[Any],
    suspects: Sequence[Suspect] = (),
    reference_inputs: Sequence[Any] | None = None,
) -> Iterator[CheckResult]:
    """Whether the adapter is right, and whether the network then computes what the shipped one does.

    Args:
        own: The reader's file.
        config: Of the shipped network.
        shipped: The network.
        inputs: Of the reader's network.
        suspects: What is looked for at the first difference.
        reference_inputs: Of the shipped network, where they differ.
    """
    net, shipped = own.build(config).eval(), shipped.eval()
    found = sources(own, config, shipped)
    if fault := adapter_fault(net, found, shipped):
        yield CheckResult(False, fault)
    n = sum(one.numel() for one in found.values())
    yield CheckResult(
        True,
        tr(
            f"weights(): 저장된 가중치 {n:,}개가 모두 제자리에 들어갑니다.",
            f"weights(): all {n:,} shipped weights have their place.",
        ),
    )
    load_shipped(net, own, config, shipped)
    pairs = matched_modules(net, found, shipped)
    given = inputs if reference_inputs is None else reference_inputs
    difference = first_difference(net, shipped, inputs, pairs, given)
    if difference is not None:
        with torch.no_grad():
            calls, _ = record(shipped, given)
        yield CheckResult(False, recognised(difference, calls, shipped, suspects) + str(difference))
    yield CheckResult(
        True,
        tr(
            "책의 가중치를 넣으면 책의 신경망과 같은 출력이 나옵니다.",
            "With the shipped weights, the output is that of the book's network.",
        ),
    )


def recognised(
    difference: LayerDifference, calls: Calls, shipped: nn.Module, suspects: Sequence[Suspect]
) -> str:
    """The message of the mistake that gives what the reader's network gave; "" if it is none of these."""
    for one in suspects:
        if one.where == difference.where and fnmatch(difference.reference, one.module):
            value = one.value(difference.reference, calls, shipped)
            if near(difference.given.squeeze(), value.squeeze()):
                return tr(one.korean, one.english) + " "
    return ""
