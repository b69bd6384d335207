"""How pytest runs the chapters: what the book's builder sets, and no network ports."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.book.run import KERNEL_ENVIRONMENT

os.environ.update(KERNEL_ENVIRONMENT)

if sys.platform != "win32":
    from jupyter_client.manager import KernelManager

    begin = KernelManager.__init__

    def begin_with_sockets(self: KernelManager, *args: Any, **settings: Any) -> None:
        """Kernels talk over files: ports may be taken twice when several start at once."""
        settings.setdefault("transport", "ipc")
        settings.setdefault("ip", str(Path(tempfile.mkdtemp(prefix="kernel")) / "k"))
        begin(self, *args, **settings)

    KernelManager.__init__ = begin_with_sockets
