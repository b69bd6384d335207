"""The sizes in the figure of a WaveNet are those of its weights."""

import matplotlib
import pytest
from matplotlib import pyplot as plt

from tinyaudio.models.condition import ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.show.diagrams import sizes, wavenet_diagram

matplotlib.use("Agg")
CONDITION = ConditionConfig(n_classes=(5,), channels=6)
SMALL = WaveNetConfig(
    n_levels=16, stacks=1, layers=4, kernel_size=3, residual_channels=8, gate_channels=10,
    skip_channels=12, condition=CONDITION,
)  # fmt: skip


def test_every_number_is_a_weight_s():
    assert sizes(WaveNet(SMALL)) == {
        "embed": "16 → 8",
        "gate": "3 × 8 → 2 × 10",
        "residual": "10 → 8",
        "skip": "4 × 10 → 12",
        "head": "12 → 12",
        "logits": "12 → 16",
        "dilations": "d = 1, 2, 4, … 8",
        "layers": "4 layers",
        "condition": "6 → 4 × 2 × 10",
    }


@pytest.mark.parametrize("conditioned", [True, False])
def test_all_of_it_is_drawn_and_a_condition_only_where_there_is_one(conditioned):
    net = WaveNet(SMALL if conditioned else WaveNetConfig.tiny())
    ax = wavenet_diagram(net)
    text = "\n".join(one.get_text() for one in ax.texts)
    assert all(part in text for part in sizes(net).values())
    assert all(word in text for word in ("tanh", "sigma", "×", "softmax"))
    assert ("condition" in text) == conditioned
    plt.close(ax.figure)
