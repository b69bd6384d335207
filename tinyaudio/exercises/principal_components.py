"""Chapter 8, "From autoencoder to VAE": what the best linear autoencoder gives back."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _axes(rows: Tensor) -> Tensor:
    """Principal axes as rows, the strongest first."""
    return torch.linalg.svd(rows, full_matrices=False).Vh


def _project(rows: Tensor, k: int) -> Tensor:
    mean = rows.mean(0)
    axes = _axes(rows - mean)[:k]
    return (rows - mean) @ axes.T @ axes + mean


def _clouds(generator: Generator) -> list[Case]:
    """Stretched clouds away from the origin, as many rows as columns in the first."""
    cases: list[Case] = []
    for n, d, k in ((4, 4, 2), (9, 3, 1), (12, 5, 2)):
        stretch = torch.tensor([4.0, 2.0, 1.0, 0.5, 0.25])[:d]
        turn = torch.linalg.qr(torch.randn(d, d, generator=generator)).Q
        cloud = torch.randn(n, d, generator=generator) * stretch
        cases.append((cloud @ turn + 2 * torch.randn(d, generator=generator), k))
    return cases


def _uncentred(rows: Tensor, k: int) -> Tensor:
    axes = _axes(rows)[:k]
    return rows @ axes.T @ axes


def _weakest(rows: Tensor, k: int) -> Tensor:
    mean = rows.mean(0)
    axes = _axes(rows - mean)[-k:]
    return (rows - mean) @ axes.T @ axes + mean


def _columns(rows: Tensor, k: int) -> Tensor:
    mean = rows.mean(0)
    axes = _axes(rows - mean)[:, :k]
    return (rows - mean) @ axes @ axes.T + mean


def _axes_of_uncentred(rows: Tensor, k: int) -> Tensor:
    mean, axes = rows.mean(0), _axes(rows)[:k]
    return (rows - mean) @ axes.T @ axes + mean


def _centred_by_row(rows: Tensor, k: int) -> Tensor:
    mean = rows.mean(1, keepdim=True)
    axes = _axes(rows - mean)[:k]
    return (rows - mean) @ axes.T @ axes + mean


def _one_mean(rows: Tensor, k: int) -> Tensor:
    mean = rows.mean()
    axes = _axes(rows - mean)[:k]
    return (rows - mean) @ axes.T @ axes + mean


def _whitened(rows: Tensor, k: int) -> Tensor:
    mean = rows.mean(0)
    U, _, Vh = torch.linalg.svd(rows - mean, full_matrices=False)
    return U[:, :k] @ Vh[:k] + mean


PROJECT = Exercise(
    right=_project,
    cases=_clouds,
    edges=[(torch.tensor([[0.0, 1.0], [2.0, 1.0]]), 1)],
    tolerance=1e-3,
    mistakes=(
        Mistake(
            _uncentred,
            "평균을 빼지 않았습니다. 축이 평균 쪽으로 끌려갑니다.",
            "The mean is not subtracted, and draws the axes towards itself.",
        ),
        Mistake(
            lambda rows, k: _project(rows, k) - rows.mean(0),
            "평균을 다시 더하지 않았습니다.",
            "The mean is not added again.",
        ),
        Mistake(
            _axes_of_uncentred,
            "축을 구할 때 평균을 빼지 않았습니다.",
            "The axes are those of rows whose mean is not subtracted.",
        ),
        Mistake(
            _centred_by_row,
            "행마다 평균을 뺐습니다. 열마다, 곧 밴드마다 뺍니다.",
            "The mean of each row is subtracted; it should be that of each column, each band.",
        ),
        Mistake(
            _one_mean,
            "모든 수의 평균 하나를 뺐습니다. 열마다, 곧 밴드마다 뺍니다.",
            "One mean of all numbers is subtracted; each column, each band, has its own.",
        ),
        Mistake(
            _weakest,
            "가장 약한 축 k개를 골랐습니다. 특잇값은 큰 것부터 늘어서 있습니다.",
            "Those are the k weakest axes; singular values come largest first.",
        ),
        Mistake(
            _columns,
            "Vh의 열을 골랐습니다. 축은 Vh의 행입니다.",
            "Those are columns of Vh; the axes are its rows.",
        ),
        Mistake(
            _whitened,
            "특잇값을 곱하지 않아 모든 축의 크기가 같아졌습니다.",
            "The singular values are missing, and all axes have the same size.",
        ),
        Mistake(
            lambda rows, k: _project(rows, k + 1),
            "축이 하나 많습니다.",
            "One axis too many.",
        ),
        Mistake(
            lambda rows, k: (rows - rows.mean(0)) @ _axes(rows - rows.mean(0))[:k].T,
            "병목의 숫자입니다. 축을 곱하고 평균을 더하여 되돌리십시오.",
            "Those are the numbers in the bottleneck; multiply by the axes and add the mean.",
        ),
        Mistake(
            lambda rows, k: 2 * rows.mean(0) + 0 * rows - _project(rows, k) + rows - rows.mean(0),
            "남은 것, 곧 복원의 오차입니다.",
            "That is what is left over, the error of the reconstruction.",
        ),
        Mistake(
            lambda rows, k: rows.mean(0).expand_as(rows),
            "평균뿐입니다. 축 k개의 성분이 있어야 합니다.",
            "That is the mean alone, without the parts along k axes.",
        ),
    ),
    hint=(
        "평균을 빼고, 특잇값 분해의 Vh에서 앞의 k행을 고르고, 투영하고, 평균을 더합니다.",
        "Subtract the mean, take the first k rows of Vh from the SVD, project, add the mean.",
    ),
)


def check_project(answer: Callable[[Tensor, int], Tensor]) -> CheckResult:
    """Exercise 8.4: principal component analysis, there and back.

    Args:
        answer: (rows, k), rows of shape (n, d) -> (n, d).

    Example:
        >>> check_project(lambda rows, k: rows.mean(0).expand_as(rows))
        ✘ That is the mean alone, without the parts along k axes.
    """
    return PROJECT.check(answer)
