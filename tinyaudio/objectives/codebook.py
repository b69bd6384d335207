r"""How a codebook moves without gradients: k-means to begin with, a running average, a reset of dead codes.

A code follows the running average of the latents that it stands for, n a step with the sum s:

    N \leftarrow \gamma N + (1 - \gamma) n,   m \leftarrow \gamma m + (1 - \gamma) s,   e = m / N    [6 to 8]

With N = 1 and m = e at the beginning, a new e is a weighted mean of the old one and of latents, so that
no step makes a code longer than the longest of them.

Paper:      van den Oord, Vinyals & Kavukcuoglu, "Neural discrete representation learning", 2017
            (arXiv:1711.00937), appendix A.1; Arthur & Vassilvitskii, "k-means++: the advantages of careful
            seeding", 2007; Dhariwal et al., "Jukebox: a generative model for music", 2020, for the reset of
            dead codes.
Implements: `ema_update`, `kmeans`, `kmeans_start`, `reset_dead_codes`; `Quantizer`, what they change.
Differs:    a dead code is put where the codebook fits badly, by the probabilities of k-means++, rather than
            on any latent alike.
See:        `tinyaudio.objectives.quantized`, the loss that calls them.
"""

from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, distributed

from tinyaudio.errors import DataError

DECAY = 0.99  # gamma [appendix A.1]
DEAD = 0.3  # of the mean count; below it a code is dead
N_ROUNDS = 10  # of k-means
LEAST = 1e-6  # counts below it are of no use as a divisor


@runtime_checkable
class Quantizer(Protocol):
    """A codebook and its running average, such as `tinyaudio.models.quantizer.VectorQuantizer`."""

    codebook: Tensor  # (K, D); requires a gradient if gradients train it
    counts: Tensor  # (K,), N
    sums: Tensor  # (K, D), m
    training: bool

    def lookup(self, codes: Tensor) -> Tensor:
        """Vectors (B, D, N) of codes (B, N)."""


@torch.no_grad()
def kmeans(
    vectors: Float[Tensor, "M D"],
    n_clusters: int,
    generator: torch.Generator,
    n_rounds: int = N_ROUNDS,
) -> tuple[Float[Tensor, "K D"], Float[Tensor, " K"]]:
    """Cluster vectors: k-means++ for the first means, then Lloyd's algorithm.

    Args:
        vectors: Those to cluster, all finite.
        n_clusters: K.
        generator: On the CPU, whatever the device of the vectors.
        n_rounds: Of Lloyd's algorithm.

    Returns:
        Means, and how many vectors are nearest to each; a mean that is nearest to none is one of the vectors.

    Raises:
        DataError: There are fewer vectors than clusters.

    Example:
        >>> pairs = torch.tensor([[0.0], [0.2], [5.0], [5.2]])
        >>> means, counts = kmeans(pairs, 2, torch.Generator().manual_seed(0))
        >>> means.flatten().sort().values, counts
        (tensor([0.1000, 5.1000]), tensor([2., 2.]))
    """
    n_vectors = len(vectors)
    if n_vectors < n_clusters:
        raise DataError(
            f"k-means: a codebook of {n_clusters} codes needs as many latents, and there are {n_vectors};"
            " take larger batches or longer clips, or fewer codes"
        )
    draws = torch.rand(n_clusters, generator=generator).to(vectors.device)
    # k-means++: each next one with a probability in proportion to its squared distance from the nearest.
    squares = torch.ones(n_vectors, device=vectors.device)
    centres = torch.empty_like(vectors[:n_clusters])
    for k, draw in enumerate(draws):
        centres[k] = vectors[draw_indices(squares, draw[None])][0]
        distances = (vectors - centres[k]).square().sum(1)
        # In place: a tensor that stayed would split the memory that the next differences need.
        torch.minimum(distances, squares if k else distances, out=squares)
    counts = torch.zeros(n_clusters, device=vectors.device)
    for k in range(n_rounds + 1):
        nearest = torch.cdist(vectors, centres).argmin(1)
        counts = code_counts(nearest[None], n_clusters)
        if k < n_rounds:
            sums = torch.zeros_like(centres).index_add(0, nearest, vectors)
            centres = torch.where(counts[:, None] > 0, sums / counts[:, None].clamp(min=1), centres)
    return centres, counts


@torch.no_grad()
def kmeans_start(quantizer: Quantizer, latents: Float[Tensor, "B D N"], seed: int = 0) -> None:
    """Begin with the means of an encoder's first latents, all with the same count.

    Args:
        quantizer: Changed in place.
        latents: Of a step's batch.
        seed: Decides which latents the means begin at.

    Raises:
        DataError: There are fewer latents than codes.
    """
    vectors = as_vectors(latents)
    if (n := n_processes()) > 1:  # all cluster the latents of all
        parts = [torch.empty_like(vectors) for _ in range(n)]
        distributed.all_gather(parts, vectors.contiguous())
        vectors = torch.cat(parts)
    n_codes = len(quantizer.codebook)
    means, _ = kmeans(vectors, n_codes, torch.Generator().manual_seed(seed))
    quantizer.codebook.copy_(means)
    quantizer.counts.fill_(len(vectors) / n_codes)
    quantizer.sums.copy_(quantizer.counts[:, None] * means)


@torch.no_grad()
def ema_update(
    quantizer: Quantizer,
    latents: Float[Tensor, "B D N"],
    codes: Int[Tensor, "B N"],
    decay: float | int = DECAY,
) -> Float[Tensor, " K"]:
    """Move the running counts and sums, and the codes with them unless gradients train the codebook.

    Args:
        quantizer: Changed in place.
        latents: The encoder's.
        codes: Theirs.
        decay: gamma, in [0, 1).

    Returns:
        How often each code occurs in this step, over all processes.
    """
    n_codes, vectors = len(quantizer.codebook), as_vectors(latents)
    counts = code_counts(codes, n_codes)
    sums = torch.zeros_like(quantizer.sums).index_add(0, codes.flatten(), vectors)
    if n_processes() > 1:  # both in one exchange
        both = torch.cat([counts[:, None], sums], dim=1)
        distributed.all_reduce(both)
        counts, sums = both[:, 0], both[:, 1:]
    quantizer.counts.lerp_(counts, 1 - decay)
    quantizer.sums.lerp_(sums, 1 - decay)
    if not quantizer.codebook.requires_grad:
        # A code that is not used stays; its count may become too small to divide by.
        means = quantizer.sums / quantizer.counts[:, None].clamp(min=LEAST)
        used = quantizer.counts[:, None] > LEAST
        quantizer.codebook.copy_(torch.where(used, means, quantizer.codebook))
    return counts


@torch.no_grad()
def reset_dead_codes(
    quantizer: Quantizer,
    latents: Float[Tensor, "B D N"],
    codes: Int[Tensor, "B N"],
    threshold: float | int = DEAD,
    generator: torch.Generator | None = None,
) -> Float[Tensor, ""]:
    """Put codes that are hardly used in the place of random latents of this step.

    A latent is drawn with a probability in proportion to its squared distance from its code.

    Args:
        quantizer: Changed in place; a new code begins with the mean count, so that it has time to be used.
        latents: The encoder's.
        codes: Theirs.
        threshold: Codes with a count below so much of the mean one are dead.
        generator: By default, torch's own on the latents' device.

    Returns:
        How many codes were dead.
    """
    n_codes, vectors = len(quantizer.codebook), as_vectors(latents)
    mean = quantizer.counts.mean()
    dead = (quantizer.counts < threshold * mean)[:, None]
    # As many are drawn as there are codes, so that the draws do not depend on how many are dead.
    squares = (vectors - quantizer.codebook[codes.flatten()]).square().sum(1)
    draws = torch.rand(n_codes, generator=generator, device=vectors.device)
    fresh = vectors[draw_indices(squares, draws)]
    if (
        n := n_processes()
    ) > 1:  # each process gives its share of the vectors, and all get the same
        mine = torch.arange(n_codes, device=fresh.device) % n == distributed.get_rank()
        fresh = fresh * mine[:, None]
        distributed.all_reduce(fresh)
    quantizer.codebook.copy_(torch.where(dead, fresh, quantizer.codebook))
    quantizer.sums.copy_(torch.where(dead, mean * fresh, quantizer.sums))
    quantizer.counts.copy_(torch.where(dead[:, 0], mean, quantizer.counts))
    return dead.sum().float()


# ---------------------------------------------------------------------------- helpers


def code_counts(codes: Int[Tensor, "B N"], n_codes: int) -> Float[Tensor, " K"]:
    """How often each code occurs.

    Example:
        >>> code_counts(torch.tensor([[0, 2, 2]]), 4)
        tensor([1., 0., 2., 0.])
    """
    one = torch.ones((), device=codes.device).expand(codes.numel())
    return torch.zeros(n_codes, device=codes.device).index_add(0, codes.flatten(), one)


def as_vectors(latents: Float[Tensor, "B D N"]) -> Float[Tensor, "M D"]:
    """All latents of a batch, a row each."""
    return latents.detach().float().mT.flatten(0, 1)


def draw_indices(weights: Float[Tensor, " M"], draws: Float[Tensor, " K"]) -> Int[Tensor, " K"]:
    """Indices with probabilities in proportion to weights, of numbers uniform in [0, 1).

    Example:
        >>> draw_indices(torch.tensor([1.0, 0.0, 3.0]), torch.tensor([0.2, 0.3, 0.9]))
        tensor([0, 2, 2])
    """
    cumulative = weights.cumsum(0)
    # If all weights are 0, the last index.
    at = torch.searchsorted(cumulative, draws * cumulative[-1], right=True)
    return at.clamp(max=len(weights) - 1)


def n_processes() -> int:
    """How many train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1
