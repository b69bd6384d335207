r"""Your own VQ-VAE: the starter file, and what shows that it is one.

    z_q = e_k,   k = \arg\min_j \| z_e - e_j \|;   d z_q / d z_e = 1,   d z_q / d e = 0

Implements: `SYSTEM`, the exercise ``own-vqvae``.
See:        chapter 9, "VQ-VAE and voice conversion".
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from tinyaudio.exercises.check_result import CheckResult
from tinyaudio.exercises.own.codebook import (
    bottleneck,
    gradient_ways,
    nearest,
    straight_through,
    terms,
)
from tinyaudio.exercises.own.file import FUNCTIONS, OwnFile
from tinyaudio.exercises.own.properties import (
    all_move,
    mixes_clips,
    randomized,
    shape_fault,
    shapes,
)
from tinyaudio.exercises.own.system import System, agreement
from tinyaudio.language import tr
from tinyaudio.models.mel_vqvae import MelVQVAE, MelVQVAEConfig
from tinyaudio.objectives.codebook import as_vectors, kmeans
from tinyaudio.objectives.frames import frames_loss
from tinyaudio.represent.prosody import relative_frames
from tinyaudio.train import EMA, Batch, Learner, warmup

TINY = MelVQVAEConfig(
    n_codes=12, latent_channels=5, channels=6, n_speakers=3, speaker_channels=4,
    encoder_dilations=(1,), decoder_dilations=(1, 2),
)  # fmt: skip


def check(own: OwnFile, shipped: nn.Module) -> Iterator[CheckResult]:
    """Shapes, nearest codes, a bottleneck, the gradients' ways, the codebook's terms, equal frames."""
    assert isinstance(shipped, MelVQVAE)
    net = randomized(own.build(TINY))
    x, speaker = torch.randn(3, 82, 8), torch.tensor([0, 1, 2])
    output = net(x, speaker)
    n_parts = len(output) if isinstance(output, tuple | list) else 0
    if n_parts != 3:
        yield CheckResult(
            False,
            tr(
                "forward는 복원, z_e, 코드 셋을 돌려주어야 합니다.",
                "forward should return three: the reconstruction, z_e and the codes.",
            ),
        )
    made, latents, codes = output
    yield shapes(
        [
            shape_fault("reconstruction", made, (3, 82, 8)),
            shape_fault("latents", latents, (3, 5, 4)),
            shape_fault("codes", codes, (3, 4)),
        ],
        "(B, 82, N), (B, D, N / stride), (B, N / stride)",
    )
    if codes.dtype not in (torch.int32, torch.int64):
        yield CheckResult(
            False,
            tr(
                f"코드의 dtype이 {codes.dtype}입니다. torch.long이어야 합니다.",
                f"The codes are {codes.dtype}; they should be torch.long.",
            ),
        )
    book = getattr(net, "codebook", None)
    if not isinstance(book, nn.Parameter) or book.shape != (12, 5) or not book.requires_grad:
        yield CheckResult(
            False,
            tr(
                "net.codebook은 (K, D) 모양의, requires_grad가 True인 nn.Parameter이어야 합니다.",
                "net.codebook should be an nn.Parameter of shape (K, D), its requires_grad True.",
            ),
        )
        return
    yield nearest(latents, codes.long(), book)
    yield bottleneck(net, x, speaker)
    yield gradient_ways(net, x, speaker)
    yield terms(own)
    if mixes_clips(lambda x, speaker: net.train()(x, speaker)[0], x, speaker):
        yield CheckResult(
            False,
            tr(
                "한 클립의 결과가 배치의 다른 클립에 따라 변합니다.",
                "A clip's result changes with the other clips of its batch.",
            ),
        )
    embeddings = book[codes].mT
    yield all_move(net, made.square().sum() + (embeddings - latents).square().sum())
    x, mean, speaker = torch.randn(1, 82, 32) / 4, torch.zeros(1, 82), torch.tensor([3])
    given = (relative_frames(x, mean), speaker)
    yield from agreement(own, shipped.config, shipped, given, reference_inputs=(x, mean, speaker))
    if fault := straight_through(own, shipped, x, mean, speaker):
        yield CheckResult(False, fault)


def learners(own: OwnFile, config: Any) -> list[Learner]:
    """Frames, the codebook's terms of the reader's, and k-means for the first codes."""
    net = own.build(config.model).train()
    extra = own.function("codebook_terms")

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        x = relative_frames(batch["frames"], batch["mean"])
        if step == 0:
            with torch.no_grad():
                vectors = as_vectors(net(x, batch["speaker"])[1])
                means, _ = kmeans(vectors, len(net.codebook), torch.Generator().manual_seed(0))  # type: ignore[arg-type]
                net.codebook.copy_(means)  # type: ignore[operator]
        made, latents, codes = net(x, batch["speaker"])
        embeddings = net.codebook[codes].mT  # type: ignore[index]
        return frames_loss(made, batch["frames"]) + extra(latents, embeddings), {}

    adam = torch.optim.AdamW(net.parameters(), lr=config.learning_rate, betas=(0.9, 0.99))
    ema = EMA(net, config.ema_decay)
    return [Learner("net", net, loss, adam, schedule=warmup(100), max_grad_norm=1.0, ema=ema)]


SYSTEM = System(
    name="own-vqvae",
    shipped="vqvae-voices",
    network="net",
    check=check,
    learners=learners,
    score="mel_db",
    settings={"n_sounds": 20},
    command="convert",
    keywords={"to": "3"},
    functions=(*FUNCTIONS, "codebook_terms"),
)
