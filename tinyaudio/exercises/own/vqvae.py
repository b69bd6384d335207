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
from tinyaudio.exercises.own.compare import near
from tinyaudio.exercises.own.file import FUNCTIONS, OwnFile
from tinyaudio.exercises.own.properties import (
    all_move,
    gradient_of,
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
from tinyaudio.objectives.quantized import COMMITMENT, codebook_loss, commitment_loss
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
    n_parts = len(output) if isinstance(output, tuple) else 0
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
    book = getattr(net, "codebook", None)
    if not isinstance(book, nn.Parameter) or book.shape != (12, 5):
        yield CheckResult(
            False,
            tr(
                "net.codebook은 (K, D) 모양의 nn.Parameter이어야 합니다.",
                "net.codebook should be an nn.Parameter of shape (K, D).",
            ),
        )
        return
    yield nearest(latents, codes, book)
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


def nearest(latents: Tensor, codes: Tensor, book: Tensor) -> CheckResult:
    """Whether every latent has the code of the nearest vector."""
    vectors = latents.mT.flatten(0, 1)
    distances = torch.cdist(vectors, book)
    if torch.equal(codes.flatten(), distances.argmin(1)):
        return CheckResult(
            True,
            tr(
                "코드는 가장 가까운 벡터의 번호입니다.",
                "The codes are those of the nearest vectors.",
            ),
        )
    if torch.equal(codes.flatten(), (vectors @ book.T).argmax(1)):
        return CheckResult(
            False,
            tr(
                "코드가 거리가 아니라 내적으로 골라졌습니다. e·e / 2를 빼십시오.",
                "The codes are of the largest product, not of the smallest distance: subtract e·e / 2.",
            ),
        )
    farthest = torch.equal(codes.flatten(), distances.argmax(1))
    return CheckResult(
        False,
        tr("코드가 가장 먼 벡터의 것입니다.", "The codes are those of the farthest vectors.")
        if farthest
        else tr(
            "코드가 가장 가까운 벡터의 것이 아닙니다.",
            "The codes are not those of the nearest vectors.",
        ),
    )


def bottleneck(net: nn.Module, x: Tensor, speaker: Tensor) -> CheckResult:
    """Whether nothing but the codes passes: as long as they stay, the reconstruction does."""
    with torch.no_grad():
        made, latents, codes = net(x, speaker)
        for size in (1e-2, 1e-3, 1e-4):
            other, moved, same = net(x + size * torch.randn_like(x), speaker)
            if torch.equal(codes, same):
                break
    changed = (other - made).abs().max()
    if torch.equal(codes, same) and changed > 1e-3 * (moved - latents).abs().max():
        return CheckResult(
            False,
            tr(
                "코드가 그대로인데 복원이 변합니다. 디코더가 코드북의 벡터가 아니라 z_e를 받고 있습니다.",
                "The codes stay and the reconstruction changes: the decoder gets z_e, not a code's vector.",
            ),
        )
    return CheckResult(
        True,
        tr(
            "코드 말고는 아무것도 지나가지 않습니다.",
            "Nothing but the codes passes the bottleneck.",
        ),
    )


def gradient_ways(net: nn.Module, x: Tensor, speaker: Tensor) -> CheckResult:
    """Who gets the reconstruction's gradient: the encoder does, as it is; the codebook does not."""
    x = x.clone().requires_grad_()
    made, _, _ = net(x, speaker)
    pull = (made * torch.randn_like(made)).sum()
    to_x, to_book = gradient_of(pull, [x, net.codebook])  # type: ignore[list-item]
    if to_book.any():
        return CheckResult(
            False,
            tr(
                "복원의 기울기가 코드북에 닿습니다. 닿아서는 안 됩니다. 코드북의 벡터를 detach하십시오: "
                "z_e + (e - z_e).detach().",
                "The reconstruction's gradient reaches the codebook, and must not: detach its vectors, "
                "z_e + (e - z_e).detach().",
            ),
        )
    if not to_x.any():
        return CheckResult(
            False,
            tr(
                "복원의 기울기가 인코더에 닿지 않습니다. argmin에는 기울기가 없으므로 그대로 통과시키십시오: "
                "z_e + (e - z_e).detach().",
                "The reconstruction's gradient does not reach the encoder: argmin has none, so it has to be"
                " passed straight through, z_e + (e - z_e).detach().",
            ),
        )
    return CheckResult(
        True,
        tr(
            "복원의 기울기는 인코더에 닿고 코드북에는 닿지 않습니다.",
            "The reconstruction's gradient reaches the encoder, and not the codebook.",
        ),
    )


def terms(own: OwnFile) -> CheckResult:
    """Whether the codebook's terms have the right value, and send the right gradient each way."""
    z, e = torch.randn(2, 5, 4, requires_grad=True), torch.randn(2, 5, 4, requires_grad=True)
    right = codebook_loss(z, e) + COMMITMENT * commitment_loss(z, e)
    given = own.function("codebook_terms")(z, e)
    if fault := shape_fault("codebook_terms(latents, embeddings)", given, ()):
        return CheckResult(False, fault)
    if not near(given.detach(), right.detach()):
        return CheckResult(
            False,
            tr(
                f"codebook_terms의 값이 {given.item():.4g}입니다. {right.item():.4g}이어야 합니다.",
                f"codebook_terms is {given.item():.4g}; it should be {right.item():.4g}.",
            ),
        )
    pairs = zip(gradient_of(given, [z, e]), gradient_of(right, [z, e]), strict=True)
    to_encoder, to_book = (near(a, b) for a, b in pairs)
    if to_encoder and to_book:
        return CheckResult(
            True,
            tr(
                "코드북 항은 코드북만, 커밋먼트 항은 인코더만 움직입니다.",
                "The codebook term moves the codebook alone, the commitment term the encoder alone.",
            ),
        )
    return CheckResult(
        False,
        tr(
            "codebook_terms의 값은 맞지만 기울기가 다릅니다. sg[z_e]와 sg[e]를 detach했는지 보십시오.",
            "codebook_terms has the right value and the wrong gradient: are sg[z_e] and sg[e] detached?",
        ),
    )


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
