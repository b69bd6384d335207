"""A diagram of a network whose sizes are read from its weights.

Paper:      van den Oord et al., "WaveNet: A Generative Model for Raw Audio", 2016, figure 4.
Implements: `wavenet_diagram`.
See:        chapter 5, "WaveNet".
"""

from typing import Any

from torch import nn

from tinyaudio.models.gated import GatedLayer
from tinyaudio.models.wavenet import WaveNet

STREAM, GATE, OUT, CONDITION = "#dbe9f6", "#fde5c8", "#dff0d8", "#f6d5e5"


def sizes(net: WaveNet) -> dict[str, str]:
    """The texts of the boxes of `wavenet_diagram`: channels in and out of every part.

    Example:
        >>> from tinyaudio.models.wavenet import WaveNetConfig
        >>> sizes(WaveNet(WaveNetConfig.tiny()))["gate"]
        '2 × 32 → 2 × 32'
    """
    config = net.config
    k, G, L = config.kernel_size, config.gate_channels, len(net.layers)
    first, hidden = net.layers[0], net.head[1]
    assert isinstance(first, GatedLayer) and isinstance(hidden, nn.Linear)
    assert first.residual is not None, "a network of one layer passes nothing on"
    R = first.gate.in_features // k
    found = {
        "embed": f"{net.embed.weight.shape[0]} → {R}",
        "gate": f"{k} × {R} → 2 × {first.gate.out_features // 2}",
        "residual": f"{first.residual.in_features} → {first.residual.out_features}",
        "skip": f"{L} × {net.skip.in_features // L} → {net.skip.out_features}",
        "head": f"{hidden.in_features} → {hidden.out_features}",
        "logits": f"{net.logits.in_features} → {net.logits.out_features}",
        "dilations": f"d = {', '.join(map(str, config.dilations[:3]))}, … {max(config.dilations)}",
        "layers": f"{L} layers",
    }
    if net.conditioner is not None:
        V = net.conditioner.offsets
        found["condition"] = f"{V.in_features} → {L} × 2 × {G}"
    return found


def wavenet_diagram(net: WaveNet, ax: Any = None) -> Any:
    """Draw a WaveNet: one of its layers in full, the embedding before and the head after all layers.

    Args:
        net: Any WaveNet with a softmax.
        ax: Matplotlib axes to draw on; a new figure by default.

    Returns:
        The axes.
    """
    from matplotlib import pyplot as plt
    from matplotlib.patches import Circle, FancyBboxPatch, Rectangle

    if ax is None:
        _, ax = plt.subplots(figsize=(8, 3.9))
    labels = sizes(net)

    def box(x: float, y: float, text: str, colour: str, w: float = 1.5, h: float = 0.62) -> None:
        style = "round,pad=0.02,rounding_size=0.1"
        ax.text(x, y, text, ha="center", va="center", fontsize=9, zorder=3)
        corner = (x - w / 2, y - h / 2)
        ax.add_patch(FancyBboxPatch(corner, w, h, boxstyle=style, fc=colour, ec="#444444"))

    def circle(x: float, y: float, text: str) -> None:
        ax.add_patch(Circle((x, y), 0.2, fc="white", ec="#444444", zorder=2))
        ax.text(x, y, text, ha="center", va="center", fontsize=11, zorder=3)

    def arrow(*points: tuple[float, float], text: str = "", dashed: bool = False) -> None:
        line = {"color": "#444444", "linewidth": 1.1, "linestyle": "--" if dashed else "-"}
        ax.plot(*zip(*points[:-1], strict=True), **line)
        ax.annotate("", points[-1], points[-2], arrowprops={"arrowstyle": "-|>", **line})
        if text:
            x, y = points[0]
            ax.text(x + 0.1, y + 0.14, text, fontsize=9, color="#444444")

    ax.add_patch(Rectangle((2.05, 0.45), 6.9, 3.7, fc="none", ec="#999999", linestyle="--"))
    ax.text(2.15, 3.88, f"layer $l$ of {labels['layers']}   ({labels['dilations']})", fontsize=9)
    box(1.0, 0.9, f"embedding\n{labels['embed']}", STREAM)
    arrow((1.0, 0.0), (1.0, 0.57))
    ax.text(1.0, -0.14, "$x_{t-1}$", ha="center", va="top", fontsize=10)
    # The residual stream runs along the bottom; every layer adds to it.
    arrow((1.77, 0.9), (7.75, 0.9))
    ax.text(1.82, 1.02, "$x_l$", fontsize=10)
    box(3.05, 1.75, "delay $d$", STREAM, w=0.9, h=0.45)
    arrow((2.55, 0.9), (2.55, 1.75), (2.58, 1.75))
    arrow((2.3, 0.9), (2.3, 2.75), (2.65, 2.75))
    arrow((3.05, 2.0), (3.05, 2.42))
    box(3.6, 2.75, f"dilated conv.\n{labels['gate']}", STREAM, w=1.85)
    box(5.95, 3.3, "tanh", GATE, w=0.8, h=0.45)
    box(5.95, 2.2, "$\\sigma$", GATE, w=0.8, h=0.45)
    circle(5.1, 3.3, "+")
    circle(5.1, 2.2, "+")
    arrow((4.54, 2.85), (4.7, 2.85), (4.7, 3.3), (4.89, 3.3))
    arrow((4.54, 2.65), (4.7, 2.65), (4.7, 2.2), (4.89, 2.2))
    arrow((5.31, 3.3), (5.54, 3.3))
    arrow((5.31, 2.2), (5.54, 2.2))
    circle(6.85, 2.75, "×")
    arrow((6.36, 3.3), (6.85, 3.3), (6.85, 2.97))
    arrow((6.36, 2.2), (6.85, 2.2), (6.85, 2.53))
    box(7.95, 1.75, f"1×1\n{labels['residual']}", STREAM, w=1.2)
    arrow((7.06, 2.75), (7.95, 2.75), (7.95, 2.08), text="$z_l$")
    circle(7.95, 0.9, "+")
    arrow((7.95, 1.42), (7.95, 1.12))
    arrow((8.16, 0.9), (9.5, 0.9))
    ax.text(9.55, 0.9, "$x_{l+1}$, to the\nnext layer", fontsize=9, va="center")
    if "condition" in labels:
        box(5.1, -0.1, f"condition: $V$\n{labels['condition']}", CONDITION, w=2.1)
        arrow((5.1, 0.23), (5.1, 1.98))
        arrow((5.1, 2.41), (5.1, 3.08))
    # The skip connections: every layer's z goes up, out of the stack, and along the top to the head.
    arrow((7.95, 2.75), (7.95, 4.6), (8.25, 4.6))
    arrow((6.9, 4.6), (8.25, 4.6), dashed=True)
    ax.text(6.85, 4.6, "$z$ of the\nother layers", fontsize=9, ha="right", va="center")
    box(9.15, 4.6, f"skips: $S$\n{labels['skip']}", OUT, w=1.75)
    box(9.95, 3.55, f"ReLU, 1×1\n{labels['head']}", OUT)
    box(9.95, 2.6, f"ReLU, 1×1\n{labels['logits']}", OUT)
    box(9.95, 1.75, "softmax", OUT, w=1.0, h=0.45)
    arrow((9.95, 4.27), (9.95, 3.88))
    arrow((9.95, 3.22), (9.95, 2.93))
    arrow((9.95, 2.27), (9.95, 1.99))
    arrow((10.46, 1.75), (10.75, 1.75))
    ax.text(10.8, 1.75, "$p(x_t \\mid x_{<t})$", fontsize=10, va="center")
    ax.set(xlim=(0.1, 12.1), ylim=(-0.6, 5.1))
    ax.set_aspect("equal")
    ax.axis("off")
    return ax
