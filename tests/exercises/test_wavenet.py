"""Chapter 5's checkers: right answers pass however they are written."""

import math

import pytest
import torch
from torch import nn

from tinyaudio.exercises.wavenet import (
    check_count,
    check_gated,
    check_go_on,
    check_layer,
    check_stack,
)
from tinyaudio.models.gated import GatedLayer
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig


def by_loops(
    x,
    d,
    w_f,
    w_g,
    offsets,
    *,
    product=True,
    squash=(math.tanh, None),
    shared=False,
    taps=(0, 1),
    shift=-1,
):
    """The unit sample by sample, with one thing changed."""

    def sigmoid(v):
        return 1 / (1 + math.exp(-v))

    first, second = squash[0], squash[1] or sigmoid
    z = []
    for t in range(len(x)):
        other = t + shift * d
        past = float(x[other]) if 0 <= other < len(x) else 0.0
        f = float(w_f[taps[0]]) * past + float(w_f[taps[1]]) * float(x[t]) + float(offsets[0])
        w = w_f if shared else w_g
        g = float(w[taps[0]]) * past + float(w[taps[1]]) * float(x[t]) + float(offsets[1])
        z.append(first(f) * second(g) if product else first(f) + second(g))
    return torch.tensor(z)


def swapped(x, d, w_f, w_g, offsets):
    return by_loops(x, d, w_f, w_g, offsets, squash=(lambda v: 1 / (1 + math.exp(-v)), math.tanh))


def drawing(model, codes, us, *, blank=True, context=None, choose=None, feed=True):
    """Generation by lists, with one thing changed."""
    row, given = codes[0].tolist(), codes[0].tolist()
    for u in us:
        seen = (row if feed else given)[-context:] if context else (row if feed else given)
        logits = model(torch.tensor([[*seen, 3] if blank else seen]))[0, :, -1]
        p, k = torch.softmax(logits, 0).tolist(), 0
        if choose:
            k = choose(p)
        else:
            reached = p[0]
            while reached <= u:
                k += 1
                reached += p[k]
        row.append(k)
    return torch.tensor([row])


class Listed(nn.Module):
    def __init__(self, n, C):
        super().__init__()
        self.layers = [GatedLayer(C, C, 2, 2**i) for i in range(n)]


class Attributes(nn.Module):
    """Registered one by one, which is as good."""

    def __init__(self, n, C):
        super().__init__()
        for i in range(n):
            setattr(self, f"layer{i}", GatedLayer(C, C, 2, 2**i))


def repeated(n, C):
    layer = GatedLayer(C, C, 2, 1)
    return nn.Sequential(*(layer for _ in range(n)))


def built(n, C, dilation):
    return nn.ModuleDict({str(i): GatedLayer(C, C, 2, dilation(i)) for i in range(n)})


def layered(dilation=None, **change):
    """A builder of layers that convolve by `conv1d` with weights cut from the matrix, one thing changed."""

    class Layer(nn.Module):
        def __init__(self, channels, d):
            super().__init__()
            self.gate = nn.Linear(2 * channels, 2 * channels)
            self.residual = nn.Linear(channels, channels)
            self.d = dilation or d

        def forward(self, x, offset):
            if change.get("reverse"):
                return tuple(one.flip(1) for one in self.run(x.flip(1), offset))
            return self.run(x, offset)

        def run(self, x, offset):
            C, d = x.shape[2], self.d
            taps = self.gate.weight.reshape(2 * C, 2, C).transpose(
                1, 2
            )  # (2C, C, past and present)
            ends = x.transpose(1, 2)
            before = ends[:, :, -d:] if change.get("roll") else ends.new_zeros(*ends.shape[:2], d)
            taps = taps.flip(2) if change.get("taps") else taps
            y = torch.conv1d(torch.cat([before, ends], 2), taps, self.gate.bias, dilation=d)
            y = y.transpose(1, 2) + change.get("told", 1) * offset
            f, g = y[..., :C], y[..., C:]
            z = (
                (torch.sigmoid(f) * torch.tanh(g))
                if change.get("gates")
                else f.tanh() * g.sigmoid()
            )
            out = z @ self.residual.weight.T + self.residual.bias
            return change.get("keep", 1) * x + out, out if change.get("late") else z

    return Layer


def real(K, R, G, S, L):
    config = WaveNetConfig(
        n_levels=K, stacks=1, layers=L, residual_channels=R, gate_channels=G, skip_channels=S
    )
    return sum(p.numel() for p in WaveNet(config).parameters())


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        (check_gated, by_loops),
        (check_go_on, drawing),
        (check_stack, Attributes),
        (check_stack, lambda n, C: built(n, C, lambda i: 1 << i)),
        (check_count, real),
        (check_layer, layered()),
        (check_layer, lambda C, d: GatedLayer(C, C, 2, d)),
    ],
    ids=lambda function: function.__name__,
)
def test_right_answers_pass_however_written(check, answer):
    assert check(answer), check(answer).message


def test_of_layers_in_a_python_list_nothing_is_registered():
    """A public network kept its blocks so, and 84 % of its weights were never trained."""
    assert sum(p.numel() for p in Listed(10, 32).parameters()) == 0
    assert sum(p.numel() for p in Attributes(10, 32).parameters()) > 50_000
