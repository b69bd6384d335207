"""Whether a function is still the stub that an exercise starts from."""

import dis
from types import FunctionType
from typing import Any

from tinyaudio.language import tr

CONSTANT = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}


def is_stub(answer: Any) -> bool:
    """Whether a function's body is only ``...``, or that of a class's methods is.

    Args:
        answer: What was called and returned None; what has no Python code of its own counts as a stub.

    Example:
        >>> def empty(x): ...
        >>> def forgetful(x):
        ...     y = 2 * x
        >>> is_stub(empty), is_stub(forgetful)
        (True, False)
    """
    parts = vars(answer).values() if isinstance(answer, type) else [answer]
    functions = [one for one in parts if isinstance(one, FunctionType)]
    return not functions or any(
        {step.opname for step in dis.get_instructions(one)} <= CONSTANT for one in functions
    )


def nothing_returned(call: str) -> str:
    """What to say of a call that ran and returned None.

    Example:
        >>> nothing_returned("f(2)")
        'f(2) returns None; is a return missing?'
    """
    return tr(
        f"{call}의 결과가 None입니다. return을 빠뜨리지 않았습니까?",
        f"{call} returns None; is a return missing?",
    )
