"""What every test shares."""

import pytest
import torch


def pytest_collection_modifyitems(items):
    """Tests marked `gpu` run where there is one."""
    if not torch.cuda.is_available():
        for item in items:
            if item.get_closest_marker("gpu"):
                item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


@pytest.fixture(autouse=True)
def one_thread():
    """Two cores run two test processes; more threads would only make them wait for each other."""
    torch.set_num_threads(1)
