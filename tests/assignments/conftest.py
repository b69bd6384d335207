"""A key, and what thirty people hand in for chapter 9."""

import json
import shutil
from pathlib import Path

import pytest

from tools.assignments import key
from tools.assignments.tasks import chapters

RIGHT = {
    "nearest": "def nearest(z, codebook):\n    return torch.cdist(z, codebook).argmin(1)",
    "quantize": "def quantize(z, codebook):\n    e = codebook[torch.cdist(z, codebook).argmin(1)]\n"
    "    return z + (e - z).detach()",
    "two_terms": "def two_terms(z, e, beta):\n    return ((z.detach() - e) ** 2).mean() + beta * "
    "((z - e.detach()) ** 2).mean()",
    "ema": "def ema(N, m, z, codes, gamma):\n    one = torch.nn.functional.one_hot(codes, len(N)).to(z)\n"
    "    N = gamma * N + (1 - gamma) * one.sum(0)\n    m = gamma * m + (1 - gamma) * one.T @ z\n"
    "    return m / N[:, None]",
}
POINTS = {"nearest": 1, "quantize": 2, "two_terms": 2, "ema": 3}


def cell(name, body):
    """An exercise's cell with an answer."""
    return f"from tinyaudio.exercises.vqvae import check_{name}\n\n{body}\n\ncheck_{name}({name})"


def notebook(cells):
    """A notebook's text."""
    made = [{"cell_type": "code", "source": one, "metadata": {}, "outputs": []} for one in cells]
    about = {"tinyaudio": {"source": "book/src/vqvae.md", "edition": "student"}}
    return json.dumps({"cells": made, "metadata": about, "nbformat": 4, "nbformat_minor": 5})


def answers(before=(), after=(), **changed):
    """A notebook of right answers, some changed, with cells before and after; None deletes a cell."""
    bodies = RIGHT | changed
    return notebook([*before, *(cell(k, v) for k, v in bodies.items() if v is not None), *after])


@pytest.fixture(scope="session")
def vqvae():
    [chapter] = chapters(["vqvae"])
    return chapter


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory, vqvae):
    """The fixture that stands in for an instructor's folder, with the answers of chapter 9."""
    folder = tmp_path_factory.mktemp("instructor") / "key"
    shutil.copytree(Path(__file__).parent / "key", folder)
    key.write(folder, vqvae, key.seed_of(folder))
    return folder
