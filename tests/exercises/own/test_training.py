"""Training by the clock, and the curve."""

import itertools

import pytest
import torch
from torch import nn

from tinyaudio.errors import UserError
from tinyaudio.exercises.own.training import save_curve, train_minutes
from tinyaudio.train import Learner


@pytest.fixture
def learner():
    net = nn.Linear(1, 1, bias=False)

    def loss(batch, step):
        return (net(batch["x"]) - 2 * batch["x"]).square().mean(), {}

    return Learner("net", net, loss, torch.optim.SGD(net.parameters(), lr=0.1))


def test_it_stops_after_the_steps_or_by_the_clock(learner):
    batches = itertools.repeat({"x": torch.ones(1, 1)})
    losses = train_minutes([learner], batches, 99, steps=7)
    assert len(losses["net"]) == 7 and losses["net"][-1] < losses["net"][0]
    assert len(train_minutes([learner], batches, 0)["net"]) == 1


def test_the_curve_is_a_picture(tmp_path):
    save_curve(tmp_path / "new" / "curve.png", {"a": [3.0, 2.0, 1.0], "b": [1.0]}, "a title")
    assert (tmp_path / "new" / "curve.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        save_curve(tmp_path / "file" / "curve.png", {"a": [1.0]}, "")
