"""The fused training step: PyTorch's loss and gradients, by compiled code."""

import math
import warnings
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from tinyaudio.errors import TrainingError, UserError
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.fused import PATHS, FusedStep, fused_step, library, unsupported
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.native import build
from tinyaudio.recipes.nll import NLL
from tinyaudio.train import Learner, State, train

pytestmark = pytest.mark.usefixtures("own_cache")
SMALL = WaveNetConfig(stacks=2, layers=4, residual_channels=16, gate_channels=32, skip_channels=48)
CONDITIONS = {
    "none": None,
    "classes": ConditionConfig(n_classes=(3, 5), channels=8),
    "vector": ConditionConfig(n_vector=4, channels=8),
    "frames": ConditionConfig(n_frame_channels=6, frame_taps=3, hop_length=20, channels=8),
    "everything": ConditionConfig((3,), 4, 6, 3, 20, 8),
}


def network(config, seed=0):
    """A network none of whose gradients are zero, as those before fresh logits are."""
    torch.manual_seed(seed)
    net = WaveNet(config)
    for name, parameter in net.named_parameters():
        if name.endswith("bias") or name.startswith(("logits", "conditioner.classes")):
            torch.nn.init.normal_(parameter, std=0.2)
    return net


def batch(config, B, T):
    condition = config.condition
    given = condition and Condition(
        classes=torch.randint(0, 3, (B, len(condition.n_classes))) if condition.n_classes else None,
        vectors=torch.randn(B, 4) if condition.n_vector else None,
        frames=torch.randn(B, 6, -(-T // 20)) if condition.n_frame_channels else None,
    )
    codes = torch.randint(0, config.n_levels, (B, T))
    history = (codes + torch.randint(-3, 4, (B, T))).clamp(0, config.n_levels - 1)
    return codes, history, given, torch.rand(B, T)


def by_pytorch(net, codes, history, condition, weights):
    nats = F.cross_entropy(net(history, condition).float(), codes, reduction="none")
    return (nats * weights).sum() / weights.sum()


def gradients(net, loss):
    net.zero_grad()
    (3 * loss).backward()  # a factor, as gradient accumulation has one
    return [p.grad.clone() for p in net.parameters()]


def distance(gradients, reference):
    """Relative, of each weight tensor."""
    return [float((g - r).norm() / r.norm()) for g, r in zip(gradients, reference, strict=True)]


def paths():
    return [name for name, n in PATHS.items() if n <= library().widest_path()]


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("kernel_size", [2, 3])
def test_loss_and_gradients_are_pytorch_s(condition, kernel_size):
    config = replace(SMALL, kernel_size=kernel_size, condition=CONDITIONS[condition])
    net = network(config)
    given = batch(config, B=3, T=131)  # 131: no whole number of blocks
    expected = by_pytorch(net, *given)
    reference = gradients(net, expected)
    assert all(r.norm() > 1e-6 for r in reference)  # else nothing would be compared
    for path in paths():
        step = FusedStep(net, path)
        loss = step(*given)
        if path == "amx":
            assert loss.item() == pytest.approx(expected.item(), abs=2e-3)
            continue
        assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
        assert max(distance(gradients(net, loss), reference)) < 1e-5


def test_the_book_s_sizes_too():
    config = replace(WaveNetConfig.tiny(), condition=CONDITIONS["classes"])
    net = network(config)
    given = batch(config, B=2, T=2_100)  # longer than the receptive field
    expected = by_pytorch(net, *given)
    reference = gradients(net, expected)
    loss = FusedStep(net, "baseline")(*given)
    assert max(distance(gradients(net, loss), reference)) < 1e-5


@pytest.mark.slow  # the compiler takes long over the emulated instructions
def test_amx_is_as_near_to_float32_as_pytorch_s_bfloat16(monkeypatch):
    """Its instructions are emulated: the same file, compiled with them written out in C++."""
    compiler = " ".join(build.find_compiler())
    monkeypatch.setenv("CXX", f"{compiler} -DEMULATE_TILES")
    config = replace(WaveNetConfig.tiny(), condition=CONDITIONS["frames"])
    net = network(config)
    given = batch(config, B=1, T=330)
    reference = gradients(net, by_pytorch(net, *given))
    with torch.autocast("cpu", torch.bfloat16):
        autocast = distance(gradients(net, by_pytorch(net, *given)), reference)
    step = FusedStep(net)
    assert step.path == "amx"
    amx = distance(gradients(net, step(*given)), reference)
    assert max(amx) > 1e-4  # bfloat16 indeed
    mean = [sum(one) / len(one) for one in (amx, autocast)]
    assert mean[0] <= 1.5 * mean[1]
    assert max(amx) <= 1.5 * max(autocast)


def test_the_same_bits_again_on_any_number_of_threads():
    config = replace(SMALL, condition=CONDITIONS["frames"])
    net = network(config)
    given = batch(config, B=5, T=200)
    found = []
    for n in (1, 4, 1):
        torch.set_num_threads(n)
        step = FusedStep(net)
        loss = step(*given)
        gradients(net, loss)
        found.append([loss.detach(), *(p.grad.clone() for p in step.parameters())])
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


def test_memory_of_a_longer_clip_leaves_nothing_behind():
    net = network(SMALL)
    short = batch(SMALL, B=1, T=50)
    before = FusedStep(net)(*short)
    FusedStep(net)(*batch(SMALL, B=1, T=900))
    assert torch.equal(FusedStep(net)(*short), before)


def test_training_follows_pytorch_s_curve():
    def curve(fused):
        net = WaveNet(SMALL)
        net.load_state_dict(network(SMALL).state_dict())
        loss = NLL(net, fused=fused)
        learner = Learner("net", net, loss, torch.optim.Adam(net.parameters(), lr=4e-3))
        t = torch.arange(600) / 8_000
        audio = 0.5 * torch.sin(2 * math.pi * torch.tensor([[220.0], [330.0]]) * t)[:, None]
        batches = [{"audio": audio}] * 40
        return [state.logs["net/loss"] for state in train(State([learner]), batches, 40)]

    fused, pytorch = curve(True), curve(False)
    assert pytorch[-1] < pytorch[0] - 2
    assert max(abs(a - b) for a, b in zip(fused, pytorch, strict=True)) < 0.02


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"residual_channels": 24}, "its residual_channels are 24, not a multiple of 16"),
        ({"n_levels": 40}, "its n_levels are 40"),
        ({"n_levels": 65_536, "n_mixtures": 2}, "a mixture"),
        ({"stacks": 33, "layers": 4}, "132 layers"),
    ],
)
def test_what_it_cannot_do_is_done_by_pytorch_and_said_once(change, reason):
    net = WaveNet(replace(SMALL, **change))
    assert reason in unsupported(net)
    with pytest.raises(UserError, match=reason):
        FusedStep(net)
    build.warn_once.cache_clear()
    with pytest.warns(RuntimeWarning, match=f"{reason}.*trained by PyTorch") as warned:
        assert fused_step(net) is None and fused_step(net) is None
    assert len(warned) == 1


def test_without_a_compiler_pytorch_trains(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-program")
    build.warn_once.cache_clear()
    nll = NLL(WaveNet(SMALL), fused=True)
    with pytest.warns(RuntimeWarning, match="does not run.*trained by PyTorch"):
        assert nll.backend() == "PyTorch"
    assert nll({"audio": torch.zeros(1, 1, 30)}, 0)[0].item() == pytest.approx(8, abs=1e-5)


def test_a_path_that_the_processor_lacks_is_refused():
    with pytest.raises(UserError, match=r"no path 'abacus'.*there are: baseline"):
        FusedStep(WaveNet(SMALL), "abacus")


def test_a_wrong_condition_or_code_is_refused_as_by_the_network():
    net = network(replace(SMALL, condition=CONDITIONS["frames"]))
    codes, history, condition, _ = batch(net.config, B=2, T=100)
    step = FusedStep(net)
    with pytest.raises(UserError, match="give it a condition"):
        step(codes, history)
    with pytest.raises(UserError, match="5 frames of 20 samples are 100 samples, not the 120"):
        step(*(F.pad(x, (0, 20)) for x in (codes, history)), condition)
    with pytest.raises(UserError, match="256"):
        step(codes + 256, history, condition)


def test_weights_that_are_no_numbers_stop_training():
    net = network(SMALL)
    with torch.no_grad():
        net.layers[3].gate.weight[0, 0] = math.nan
    learner = Learner("net", net, NLL(net, fused=True), torch.optim.Adam(net.parameters()))
    with warnings.catch_warnings(), pytest.raises(TrainingError, match="loss became nan"):
        warnings.simplefilter("error")
        for _ in train(State([learner]), [{"audio": torch.zeros(1, 1, 100)}], 1):
            pass
