"""How a codebook moves: the running average in closed form, k-means, dead codes; two processes as one."""

import socket
import subprocess
import sys

import pytest
import safetensors.torch
import torch

from tinyaudio.errors import DataError
from tinyaudio.models.quantizer import VectorQuantizer
from tinyaudio.objectives.codebook import (
    code_counts,
    ema_update,
    kmeans,
    kmeans_start,
    reset_dead_codes,
)
from tinyaudio.objectives.quantized import perplexity

K, D = 6, 3


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def some(n=40, seed=0):
    """Latents (2, 3, n)."""
    return 5 * torch.randn(2, D, n, generator=draws(seed))


def quantizer_of(seed=3, n_codes=K, learned=False):
    quantizer = VectorQuantizer(n_codes, D, learned)
    with torch.no_grad():
        quantizer.codebook.normal_(generator=draws(seed))
    quantizer.sums.copy_(quantizer.codebook)
    return quantizer


# ---------------------------------------------------------------------------- the running average


def test_updates_are_the_closed_form():
    """Equations 6 to 8, vector by vector."""
    quantizer = quantizer_of()
    N, m = torch.ones(K), quantizer.codebook.clone()
    for step in range(3):
        z = some(seed=step)
        codes = quantizer.nearest(z)
        counts = ema_update(quantizer, z, codes, decay=0.9)
        for k in range(K):
            mine = z.mT[codes == k]
            N[k] = 0.9 * N[k] + 0.1 * len(mine)
            m[k] = 0.9 * m[k] + 0.1 * mine.sum(0)
        torch.testing.assert_close(quantizer.counts, N)
        torch.testing.assert_close(quantizer.codebook, m / N[:, None])
        assert counts.sum() == 80


def test_no_code_is_longer_than_the_longest_latent_after_the_first_step():
    quantizer = VectorQuantizer(512, D)
    z = some(5)
    ema_update(quantizer, z, quantizer.nearest(z))
    assert quantizer.codebook.norm(dim=1).max() <= z.norm(dim=1).max()


def test_the_fixed_point_is_the_clusters_means():
    centres = 20 * torch.eye(D)
    z = centres.repeat_interleave(8, 0).T[None] + torch.randn(1, D, 8 * D, generator=draws())
    quantizer = quantizer_of(n_codes=D)
    quantizer.codebook.copy_(0.5 * centres)
    quantizer.sums.copy_(quantizer.codebook)
    for _ in range(1_500):
        ema_update(quantizer, z, quantizer.nearest(z))
    means = z[0].T.view(D, 8, D).mean(1)
    torch.testing.assert_close(quantizer.codebook, means, rtol=0, atol=1e-4)


def test_a_code_that_is_never_used_stays_where_it_is():
    """Long after its count is too small for float32."""
    quantizer = quantizer_of()
    unused = quantizer.codebook[5].clone()
    z = some(20)
    for _ in range(4_000):
        ema_update(quantizer, z, torch.zeros(2, 20, dtype=torch.long), decay=0.95)
    torch.testing.assert_close(quantizer.codebook[5], unused)
    assert quantizer.counts[5] < 1e-30 and quantizer.codebook.isfinite().all()


def test_a_learned_codebook_is_left_to_its_gradients():
    quantizer = quantizer_of(learned=True)
    before, z = quantizer.codebook.clone(), some()
    ema_update(quantizer, z, quantizer.nearest(z))
    assert torch.equal(quantizer.codebook, before)
    assert not torch.equal(quantizer.counts, torch.ones(K))


# ---------------------------------------------------------------------------- k-means


def test_separated_clusters_are_all_found():
    """k-means++ alone finds them; random first means would miss a third."""
    centres = 50 * torch.randn(64, 4, generator=draws())
    vectors = (centres[:, None] + 0.01 * torch.randn(64, 10, 4, generator=draws(1))).flatten(0, 1)
    means, counts = kmeans(vectors, 64, draws(2))
    assert torch.cdist(means, centres).argmin(1).unique().numel() == 64
    assert counts.tolist() == [10.0] * 64


def test_rounds_lower_the_error_and_one_cluster_is_the_mean():
    vectors = torch.randn(500, D, generator=draws())
    errors = []
    for n_rounds in (0, 1, 5):
        means, _ = kmeans(vectors, 16, draws(1), n_rounds)
        errors.append(torch.cdist(vectors, means).amin(1).square().mean().item())
    assert errors[0] > errors[1] > errors[2]
    mean, count = kmeans(vectors, 1, draws())
    torch.testing.assert_close(mean[0], vectors.mean(0))
    assert count.item() == 500


def test_as_many_clusters_as_vectors_is_the_vectors_and_more_are_refused():
    vectors = torch.arange(9.0).view(3, 3) ** 2
    means, counts = kmeans(vectors, 3, draws())
    assert torch.equal(means.sort(0).values, vectors) and counts.tolist() == [1, 1, 1]
    with pytest.raises(
        DataError, match="a codebook of 4 codes needs as many latents, and there ar"
    ):
        kmeans(vectors, 4, draws())


def test_silence_starts_a_finite_codebook():
    quantizer = VectorQuantizer(8, D)
    z = torch.full((1, D, 20), -1.0)
    kmeans_start(quantizer, z)
    for _ in range(3):
        codes = quantizer.nearest(z)
        ema_update(quantizer, z, codes)
        reset_dead_codes(quantizer, z, codes)
    assert torch.equal(quantizer.lookup(codes), z)
    assert quantizer.codebook.isfinite().all()


def test_the_start_is_a_state_that_an_update_hardly_moves():
    quantizer, z = VectorQuantizer(4, D), some(400)
    kmeans_start(quantizer, z, seed=1)
    before = quantizer.codebook.clone()
    assert quantizer.counts.sum().item() == pytest.approx(800)
    ema_update(quantizer, z, quantizer.nearest(z))
    torch.testing.assert_close(quantizer.codebook, before, rtol=0, atol=0.05)
    again = VectorQuantizer(4, D)
    kmeans_start(again, z, seed=1)
    assert torch.equal(again.codebook, before)


# ---------------------------------------------------------------------------- dead codes


def test_dead_codes_get_latents_and_the_others_nothing():
    quantizer, z = quantizer_of(), some()
    quantizer.counts.copy_(torch.tensor([4.0, 4.0, 0.1, 4.0, 4.0, 0.0]))
    before = quantizer.codebook.clone()
    n_dead = reset_dead_codes(quantizer, z, quantizer.nearest(z), 0.3, draws())
    assert n_dead == 2
    vectors = z.mT.flatten(0, 1)
    for k in (2, 5):
        assert (vectors == quantizer.codebook[k]).all(1).any()
        assert quantizer.counts[k].item() == pytest.approx(16.1 / 6)
    for k in (0, 1, 3, 4):
        assert torch.equal(quantizer.codebook[k], before[k]) and quantizer.counts[k] == 4
    new = quantizer.sums[[2, 5]] / quantizer.counts[[2, 5], None]
    torch.testing.assert_close(new, quantizer.codebook[[2, 5]])


def test_a_reset_prefers_latents_far_from_their_codes():
    """Nine of ten latents lie on their code: they are never drawn."""
    quantizer = quantizer_of()
    quantizer.counts.copy_(torch.tensor([1.0, 0, 0, 0, 0, 0]))
    z = quantizer.codebook[0].repeat(10, 1).T[None].clone()
    z[0, :, 4] += 9
    reset_dead_codes(quantizer, z, torch.zeros(1, 10, dtype=torch.long), generator=draws())
    assert torch.equal(quantizer.codebook[1:], z[0, :, 4].expand(5, D))


def clusters(seed):
    """A function that draws latents (1, 8, n) of 256 narrow clusters."""
    g = draws(seed)
    centres = 5 * torch.randn(256, 8, generator=g)

    def draw(n):
        chosen = centres[torch.randint(256, (n,), generator=g)]
        return (chosen + 0.1 * torch.randn(n, 8, generator=g)).T[None]

    return draw


@pytest.mark.parametrize("seed", [0, 1])
def test_256_clusters_are_covered(seed):
    """The start takes most; the reset finds some of those that the first batch did not show."""
    scores = []
    for dead in (0.0, 0.3):
        torch.manual_seed(seed)
        draw, quantizer = clusters(seed), VectorQuantizer(256, 8)
        for step in range(200):
            z = draw(1_024)
            if step == 0:
                kmeans_start(quantizer, z, seed)
            codes = quantizer.nearest(z)
            ema_update(quantizer, z, codes)
            if dead:
                reset_dead_codes(quantizer, z, codes, dead)
        z = draw(16_384)
        quantized, codes = quantizer(z)
        scores.append((quantized - z).square().mean().item())
        assert perplexity(code_counts(codes, 256)) >= 0.85 * 256
    assert scores[1] < scores[0]


def test_without_start_and_reset_most_codes_are_never_used():
    """What the two are for."""
    torch.manual_seed(0)
    draw, quantizer = clusters(0), VectorQuantizer(256, 8)
    for _ in range(200):
        z = draw(1_024)
        codes = quantizer.nearest(z)
        ema_update(quantizer, z, codes)
    assert perplexity(code_counts(codes, 256)) < 0.5 * 256


# ---------------------------------------------------------------------------- two processes


def moved(rank=0, world_size=1):
    """A codebook after a start, updates and a reset, on this process's share of each batch."""
    torch.manual_seed(rank)
    quantizer = VectorQuantizer(K, D)
    for step in range(4):
        z = some(seed=step)
        z = z[rank : rank + 1] if world_size > 1 else z
        if step == 0:
            kmeans_start(quantizer, z)
        ema_update(quantizer, z, quantizer.nearest(z), decay=0.5)
    before = {name: value.clone() for name, value in quantizer.state_dict().items()}
    quantizer.counts[2:4] = 0
    reset_dead_codes(quantizer, z, quantizer.nearest(z))
    return before, quantizer.state_dict()


@pytest.mark.slow
def test_two_processes_move_a_codebook_as_one_does(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    launcher = "-m", "torch.distributed.run", "--nproc_per_node=2", f"--master_port={port}"
    command = [sys.executable, *launcher, __file__, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    first, second = (
        [safetensors.torch.load_file(tmp_path / f"{rank}-{i}") for i in range(2)]
        for rank in range(2)
    )
    for mine, other in zip(first, second, strict=True):
        assert all(torch.equal(mine[name], other[name]) for name in mine)
    for name, value in moved()[0].items():
        torch.testing.assert_close(first[0][name], value)
    shown = some(seed=3).mT
    for k, rank in ((2, 0), (3, 1)):  # new codes are latents of either process in turn
        assert (shown[rank] == first[1]["codebook"][k]).all(1).any()


def run(out):
    """What each of the two processes does."""
    torch.distributed.init_process_group("gloo")
    rank = torch.distributed.get_rank()
    for i, state in enumerate(moved(rank, 2)):
        safetensors.torch.save_file(state, f"{out}/{rank}-{i}")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    run(sys.argv[1])
