"""Something to show, and how bytes are put into a page."""

import base64


class Html:
    """Something a notebook shows as HTML, and a terminal as one line."""

    def __init__(self, html: str, text: str) -> None:
        self.html = html
        self.text = text

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def data_address(data: bytes, mime: str) -> str:
    """An address that holds what it points to.

    Example:
        >>> data_address(b"RIFF", "audio/wav")
        'data:audio/wav;base64,UklGRg=='
    """
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"
