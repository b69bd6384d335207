"""Every system: a file that is right passes, and typical mistakes are named."""

import pytest
import torch

from tests.exercises.own.conftest import RIGHT, shipped
from tinyaudio.exercises.own import NAMES, load_system
from tinyaudio.exercises.own.adapter import as_shipped
from tinyaudio.exercises.own.file import read_file, write_starter
from tinyaudio.exercises.own.system import results
from tinyaudio.language import set_language

SHIFTED = "F.pad(codes, (1, 0), value=self.silence)[:, :-1]"
PADDED = "F.pad(x, (d * (self.k - 1), 0))"
PASSED = "z + (e - z).detach()"
RETURNED = "return self.leave(x), z, codes"
LOSS = "return critic(made).mean() - critic(real).mean() + 10 * penalty"
LEVEL = "h = h + self.level(F.silu(level))[:, :, None, None]"
WRONG = [
    ("own-wavenet", [(SHIFTED, "codes")], "see sample t itself"),
    (
        "own-wavenet",
        [("self.code(previous).mT", "self.code.weight.detach()[previous].mT")],
        "No gradient of the logits reaches an nn.Embedding",
    ),
    ("own-wavenet", [(PADDED, "F.pad(x, (0, d * (self.k - 1)))")], "look ahead, up to t+6"),
    ("own-wavenet", [("dilation=d", "dilation=1"), ("(d * (self.k", "((self.k")], "miss t-8, t-7"),
    ("own-wavenet", [(".tanh() * gate.sigmoid", ".sigmoid() * gate.tanh")], "gates are swapped"),
    ("own-wavenet", [(".tanh() * gate.sigmoid", ".tanh() * gate.tanh")], "should be a sigmoid"),
    (
        "own-wavenet",
        [("x = x + self.residual[i](z)", "x = 0.5**0.5 * (x + self.residual[i](z))")],
        "multiplied by 0.707",
    ),
    ("own-wavenet", [("x = x + self.res", "x = self.res")], "residual connection is missing"),
    (
        "own-wavenet",
        [("x = self.code(previous).mT", "x = 2 * self.code(previous).mT")],
        "dilated.0",
    ),
    ("own-vqvae", [(PASSED, "e.detach()")], "does not reach the encoder"),
    ("own-vqvae", [(PASSED, "e")], "gradient reaches the codebook, and must not"),
    ("own-vqvae", [(PASSED, "z + e - z.detach()")], "gradient reaches the codebook, and must not"),
    ("own-vqvae", [(PASSED, "z")], "the decoder gets z_e"),
    ("own-vqvae", [(PASSED, "e.detach() + 0.1 * (z - z.detach())")], "about 0.1 times"),
    (
        "own-vqvae",
        [("z = self.to_latents(x)", "z = (1e7 * self.to_latents(x)).sin()")],
        "change when x changes by no more than 0.0001",
    ),
    ("own-vqvae", [(RETURNED, "return self.leave(x), z, codes.float()")], "torch.float32; they"),
    ("own-vqvae", [(RETURNED, "return self.leave(x).detach(), z, codes")], "reach the encoder"),
    (
        "own-vqvae",
        [("config.n_codes)\n", "config.n_codes, requires_grad=False)\n")],
        "its requires_grad True",
    ),
    ("own-vqvae", [("latents.detach() - emb", "latents - emb")], "sg[z_e] and sg[e] detached?"),
    ("own-vqvae", [("argmin(1)", "argmax(1)")], "farthest"),
    ("own-critic", [("generator(latents).detach()", "generator(latents)")], "into the generator"),
    ("own-critic", [(LOSS, f"{LOSS.replace('return ', 'return (')}).detach()")], "is cut off"),
    ("own-critic", [("[:, 0]", "[:, 0].detach()")], "The gradient is cut off"),
    (
        "own-critic",
        [("16 * widths[-1], 1)", "16 * widths[-1], 1).requires_grad_(False)")],
        "Frozen",
    ),
    (
        "own-critic",
        [
            (
                "_loss(critic, generator, latents):",
                "_loss(c, generator, latents):\n"
                "    with torch.no_grad():\n        return -c(generator(latents)).mean()\n\n\n"
                "def unused(critic, generator, latents):",
            )
        ],
        "generator_loss: The gradient is cut off",
    ),
    ("own-critic", [("def forward", "def forwards")], 'missing the required "forward" function'),
    (
        "own-critic",
        [("made = generator(latents)", "real.mul_(0.5)\n    made = generator(latents)")],
        "critic_loss is",
    ),
    ("own-critic", [("self.last(x.flatten(1))", "self.last(x.flatten(1)).tanh()")], "bounded"),
    ("own-critic", [("- 1).square()", "- 1).relu().square()")], "slopes above 1 only"),
    ("own-critic", [("create_graph=True", "retain_graph=True")], "needs create_graph=True"),
    (
        "own-critic",
        [("convolution(x), 0.2", "F.batch_norm(convolution(x), None, None, training=True), 0.2")],
        "leave batch normalization out",
    ),
    ("own-critic", [(", 0.2)", ", 0.01)")], "slope of the leaky ReLU is 0.01"),
    ("own-critic", [(" and self.training", "")], "phase_shuffle is for self.training only"),
    (
        "own-gan",
        [("generator(latents, pitch).detach().requires_grad_()", "generator(latents, pitch)")],
        "sends a gradient into the generator",
    ),
    ("own-gan", [("low - high", "high - low")], "Real and generated are swapped"),
    ("own-gan", [(" * self.n_pitches**0.5", "")], "not multiplied by the root of P"),
    ("own-denoiser", [(LEVEL, "pass")], "do not change with t"),
    ("own-denoiser", [("[h, kept.pop()]", "[kept.pop(), h]")], "joined in the other order"),
    ("own-denoiser", [(" / math.sqrt(C)", "")], "divided by the root of C"),
    ("own-denoiser", [("signal * noise - std * x_0", "noise")], "predicts the noise"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_right_file_passes(judged, name):
    found = judged(name)
    assert all(found), found
    assert len(found) >= 6 and "output is that of the book's network" in found[-1].message


@pytest.mark.parametrize(("name", "replaced", "words"), WRONG)
def test_a_mistake_is_named(judged, name, replaced, words):
    *before, last = judged(name, *replaced)
    assert all(before) and not last and words in last.message, last


@pytest.mark.parametrize("name", NAMES)
def test_a_starter_file_is_told_apart_from_a_mistake(tmp_path, name):
    system, path = load_system(name), tmp_path / "mine.py"
    write_starter(path, system.starter)
    (only,) = results(system, read_file(path, system.functions), shipped(name))
    assert not only and only.message == "Not written yet: __init__."


@pytest.mark.parametrize("name", NAMES)
def test_trained_weights_go_back_to_the_shipped_class(name):
    """Random weights of the right file, in the shipped class, compute the same."""
    system, ours = load_system(name), shipped(name)
    own = read_file(RIGHT / f"my_{name.removeprefix('own-')}.py", system.functions)
    net = own.build(ours.config, seed=3)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    back = as_shipped(net, own, ours.config, ours)
    assert type(back) is type(ours)
    state, other = back.state_dict(), ours.state_dict()
    assert any(not torch.equal(state[key], other[key]) for key in state)
    again = as_shipped(net, own, ours.config, back)  # nothing of the shipped weights is left
    changed = [key for key in state if key.split(".")[-1] not in ("counts", "sums")]
    assert all(torch.equal(again.state_dict()[key], state[key]) for key in changed)


def test_messages_come_in_korean(judged):
    set_language("ko")
    try:
        last = judged("own-vqvae", (PASSED, "e.detach()"))[-1]
    finally:
        set_language("en")
    assert "인코더에 닿지 않습니다" in last.message


def test_an_exception_names_the_line_of_the_file_wherever_it_is(judged, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (last,) = judged("own-critic", ("audio, self.shuffle", "audio.nothing, self.shuffle"))
    assert "my_critic.py, line 2" in last.message and "'nothing'" in last.message


RIGHT_TOO = [
    (
        "own-critic",
        [
            (
                "    made = generator(latents).detach()",
                "    generator.requires_grad_(False)\n    made = generator(latents).detach()",
            ),
            ("    return -critic", "    critic.requires_grad_(False)\n    return -critic"),
        ],
    ),
    ("own-vqvae", [(RETURNED, "return [self.leave(x), z, codes.int()]")]),
]


@pytest.mark.parametrize(("name", "replaced"), RIGHT_TOO)
def test_what_is_right_in_other_words_passes(judged, name, replaced):
    found = judged(name, *replaced)
    assert all(found), found[-1]


def test_a_network_without_weights_is_named(judged):
    last = judged(
        "own-critic",
        ("return MyCritic(config)", "return Sum()"),
        (
            "def build",
            "class Sum(nn.Module):\n    def forward(self, audio):\n"
            "        return 9 * audio.sum((1, 2))\n\n\ndef build",
        ),
    )[-1]
    assert not last and last.message == "The network has no weights."


@pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")
def test_old_weight_norm_is_no_traceback(judged):
    old = "nn.utils.weight_norm(nn.Conv1d(a, b, 25, 4, 11))"
    last = judged("own-critic", ("nn.Conv1d(a, b, 25, 4, 11)", old))[-1]
    assert not last and "leaves out body.0.weight_g" in last.message


def test_an_exception_outside_the_file_is_one_line(judged):
    last = judged("own-critic", ("return MyCritic(config)", "return nn.Conv2d(1, 1, 1)"))[-1]
    assert not last and last.message.startswith("my_critic.py: a test raised RuntimeError: ")
