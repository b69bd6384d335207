"""Back-translation: voices between two different singers, generated without a gradient, and the way back."""

import pytest
import torch
from torch import nn

from tinyaudio.objectives.backtranslation import (
    Mixtures,
    backtranslation_loss,
    draw_mixtures,
    mix,
)


@pytest.mark.parametrize("n_singers", [2, 3, 8])
def test_never_the_same_singer_twice_and_every_pair_in_time(n_singers):
    drawn = draw_mixtures(n_singers, batch_size=2_000, seed=0, step=0)
    pairs = set(zip(drawn.first.tolist(), drawn.second.tolist(), strict=True))
    assert pairs == {(i, j) for i in range(n_singers) for j in range(n_singers) if i != j}
    assert drawn.alpha.min() >= 0 and drawn.alpha.max() <= 1
    # U(0, 1) has mean 1/2 and variance 1/12.
    assert drawn.alpha.mean() == pytest.approx(0.5, abs=0.02)
    assert drawn.alpha.var() == pytest.approx(1 / 12, abs=0.01)


def test_draws_are_a_function_of_seed_and_step():
    """So that a run that resumes generates what it would have generated."""
    torch.manual_seed(3)
    one = draw_mixtures(4, 5, seed=1, step=70)
    torch.rand(7)
    two = draw_mixtures(4, 5, seed=1, step=70)
    assert all(torch.equal(a, b) for a, b in zip(one[:3], two[:3], strict=True))
    assert one.seeds == two.seeds and len(set(one.seeds)) == 5
    others = draw_mixtures(4, 5, seed=1, step=71), draw_mixtures(4, 5, seed=2, step=70)
    assert all(not torch.equal(one.alpha, other.alpha) for other in others)


def test_a_mixture_is_on_the_segment_between_its_singers():
    singers = torch.randn(5, 16)
    drawn = draw_mixtures(5, 200, seed=0, step=0)
    u, a, b = mix(singers, drawn), singers[drawn.first], singers[drawn.second]
    together = (u - a).norm(dim=1) + (u - b).norm(dim=1)
    assert torch.allclose(together, (a - b).norm(dim=1), rtol=1e-4)
    # And alpha is the first one's share.
    assert torch.allclose((u - b).norm(dim=1), drawn.alpha * (a - b).norm(dim=1), atol=1e-4)
    ends = Mixtures(torch.tensor([1.0, 0.0]), torch.tensor([2, 2]), torch.tensor([4, 4]), [0, 0])
    assert torch.equal(mix(singers, ends), singers[[2, 4]])


def test_one_singer_alone_cannot_be_mixed():
    with pytest.raises(ValueError, match="a mixture needs two"):
        draw_mixtures(1, 4, seed=0, step=0)


class Toy(nn.Module):
    """x to latents, and latents plus a voice to x."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(3, 3), nn.Linear(3, 3)
        self.singers = nn.Embedding(3, 3)

    def forward(self, x, voice):
        return self.decoder(self.encoder(x) + voice)


def test_what_is_generated_is_detached_and_the_target_is_the_original_singer_s_recording():
    torch.manual_seed(0)
    net, seen = Toy(), {}
    batch = {"x": torch.randn(4, 3), "speaker": torch.tensor([0, 1, 2, 0])}

    def generate(given, voice, seeds):
        assert not torch.is_grad_enabled()
        assert given is batch and seeds == mixtures.seeds
        seen["voice"] = voice
        return given | {"x": net(given["x"], voice)}

    def reconstruction_loss(source, of):
        seen["source"], seen["of"] = source, of
        return (net(source["x"], net.singers(of["speaker"])) - of["x"]).square().mean()

    mixtures = draw_mixtures(3, 4, seed=0, step=5)
    loss = backtranslation_loss(generate, reconstruction_loss, net.singers.weight, batch, mixtures)
    generated = seen["source"]["x"]
    assert not generated.requires_grad and not seen["voice"].requires_grad
    assert seen["of"] is batch and not torch.equal(generated, batch["x"])
    # The loss and its gradient are those for the generated sound as data.
    again = Toy()
    again.load_state_dict(net.state_dict())
    by_hand = again.decoder(again.encoder(generated) + again.singers(batch["speaker"])) - batch["x"]
    by_hand = by_hand.square().mean()
    assert torch.equal(loss, by_hand)
    loss.backward()
    by_hand.backward()
    for one, other in zip(net.parameters(), again.parameters(), strict=True):
        assert torch.equal(one.grad, other.grad)
