"""Prefill equals steps for a prompt of any length, and follows new weights."""

from dataclasses import replace

import pytest
import torch

from tests.samplers.conditioned_nets import conditioned_net
from tinyaudio.errors import UserError
from tinyaudio.models.condition import ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.samplers.autoregressive import cached, naive, prefill, stream
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native import native
from tinyaudio.samplers.native import stream as native_stream

SMALL = WaveNetConfig(16, 0, 2, 3, 2, 8, 6, 12)  # receptive field 15, 29 with three taps
HOP, FRAMES = 8, 12
KINDS = {
    "plain": None,
    "classes": ConditionConfig(n_classes=(3,), channels=7),
    "frames": ConditionConfig(n_frame_channels=4, frame_taps=3, hop_length=HOP, channels=7),
    "both": ConditionConfig(n_classes=(3,), n_frame_channels=4, hop_length=HOP, channels=7),
}


def network(kind, seed=0, **changes):
    """A network whose output depends on its context and on its condition, if it takes one."""
    if KINDS[kind]:
        return conditioned_net(replace(SMALL, condition=KINDS[kind], **changes), FRAMES, seed=seed)
    torch.manual_seed(seed)
    net = WaveNet(replace(SMALL, **changes))
    torch.nn.init.normal_(net.logits.weight)
    return net


@pytest.mark.parametrize("changes", [{}, {"kernel_size": 3}, {"n_mixtures": 2}], ids=str)
@pytest.mark.parametrize("kind", KINDS)
@torch.inference_mode()
def test_steps_after_a_prefill_are_the_columns_of_the_whole(kind, changes):
    model = network(kind, **changes)
    codes = torch.randint(16, (2, HOP * FRAMES))
    columns = model(codes)
    # Within one frame and at its ends; before, at and beyond the receptive field.
    for n_prompt in [1, 2, 7, 8, 9, 14, 15, 16, 29, 30, 40, 83]:
        cache, previous = prefill(model, codes[:, :n_prompt])
        assert torch.equal(previous, codes[:, n_prompt - 1])
        for t in range(n_prompt, n_prompt + 12):  # over the next frame, and the longest delay of 8
            logits = model.step(previous, cache, t)
            torch.testing.assert_close(logits, columns[:, :, t], rtol=0, atol=1e-5)
            previous = codes[:, t]


@pytest.mark.parametrize("kind", KINDS)
def test_a_prompt_longer_than_the_frames_is_refused(kind):
    model = network(kind)
    codes = torch.randint(16, (2, HOP * FRAMES + 1))
    if KINDS[kind] and KINDS[kind].n_frame_channels:
        with pytest.raises(UserError, match="ends after 96 samples"):
            model.prefill(codes)
        model.prefill(codes[:, :-1])
    else:
        model.prefill(codes)


def test_a_model_without_prefill_steps_over_its_prompt():
    whole = network("both")

    class Plain(Conditioned):
        prefill = None

    plain = Plain(whole.model, whole.condition)
    prompt = torch.randint(16, (2, 21))
    assert torch.equal(
        cached(plain, 30, [3, 4], prompt=prompt), cached(whole, 30, [3, 4], prompt=prompt)
    )


@pytest.mark.parametrize("change", ["load", "optimizer", "to", "eval"])
@pytest.mark.parametrize(
    "generate",
    [
        cached,
        native,
        lambda *request: torch.cat([*stream(*request, chunk=6)], 1),
        lambda *request: torch.cat([*native_stream(*request, chunk=6)], 1),
    ],
    ids=["cached", "native", "stream", "native.stream"],
)
def test_never_stale(generate, change):
    """The continuation of a prompt always uses the current weights, as naive does."""
    model, net = network("both"), None
    net = model.model
    prompt = torch.randint(16, (2, 20))
    request = (model, 16, [3, 4], 1.0, prompt)
    before = generate(*request)
    if change == "load":
        net.load_state_dict(network("both", seed=9).model.state_dict())
    elif change == "optimizer":
        condition = replace(model.condition, frames=model.condition.frames[:, :, :5])
        net(torch.randint(16, (2, 40)), condition).square().mean().backward()
        torch.optim.SGD(net.parameters(), lr=0.5).step()
    elif change == "to":
        net.to(torch.float64).to(torch.float32)
        with torch.no_grad():
            for p in net.parameters():
                p += 0.1
    else:
        net.eval()
    after = generate(*request)
    assert torch.equal(before, after) == (change == "eval")
    assert torch.equal(after, naive(*request))


def test_one_prompt_may_serve_several_seeds_without_a_copy():
    """An expanded tensor is read and never written to."""
    net = network("plain")
    prompt = torch.arange(16).repeat(2)[None].expand(3, -1)
    clips = [generate(net, 20, [0, 1, 2], prompt=prompt) for generate in (naive, cached, native)]
    assert all(torch.equal(codes, clips[0]) for codes in clips)
    assert torch.equal(prompt[0], torch.arange(16).repeat(2))
