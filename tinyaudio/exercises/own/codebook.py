"""What a reader's codebook is tested for: nearest codes, nothing but codes, and the ways of the gradients.

Implements: `nearest`, `bottleneck`, `gradient_ways`, `straight_through`, `terms`.
See:        `tinyaudio.exercises.own.vqvae`, where they are used.
"""

import torch
from torch import Tensor, nn

from tinyaudio.exercises.check_result import CheckResult
from tinyaudio.exercises.own.adapter import load_shipped
from tinyaudio.exercises.own.compare import near
from tinyaudio.exercises.own.file import OwnFile
from tinyaudio.exercises.own.properties import gradient_of, shape_fault
from tinyaudio.language import tr
from tinyaudio.models.mel_vqvae import MelVQVAE
from tinyaudio.objectives.quantized import COMMITMENT, codebook_loss, commitment_loss
from tinyaudio.represent.prosody import relative_frames


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
            stays = (codes == same).all(1)  # a clip's codes
            if stays.any():
                break
    if not stays.any():
        return CheckResult(
            False,
            tr(
                f"x가 {size:g}만큼만 변해도 모든 클립의 코드가 변합니다.",
                f"The codes of all clips change when x changes by no more than {size:g}.",
            ),
        )
    if (other - made)[stays].abs().max() > 1e-3 * (moved - latents)[stays].abs().max():
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


def straight_through(
    own: OwnFile, shipped: MelVQVAE, x: Tensor, mean: Tensor, speaker: Tensor
) -> str | None:
    """That the encoder's gradient is not the shipped network's, with equal weights; None if it is."""
    net, x = own.build(shipped.config).eval(), x.clone().requires_grad_()
    load_shipped(net, own, shipped.config, shipped)
    results = net(relative_frames(x, mean), speaker)[0], shipped(x, mean, speaker)[0]
    a, b = (gradient_of((one * torch.cos(one.detach())).sum(), [x])[0] for one in results)
    if (a - b).norm() < 0.01 * b.norm():
        return None
    factor = float((a * b).sum() / b.square().sum())
    return tr(
        f"인코더에 닿는 기울기가 다릅니다(있어야 할 값의 약 {factor:.2g}배). 그대로 통과시키십시오: "
        "z_e + (e - z_e).detach().",
        f"The gradient that reaches the encoder is wrong (about {factor:.2g} times what it should be): pass it"
        " straight through, z_e + (e - z_e).detach().",
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
