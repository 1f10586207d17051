"""Text for the terminal, its passwords masked."""

from __future__ import annotations

from rich.text import Text

from greenshift.masking import mask


def masked_text(text: Text) -> Text:
    """Return a text as it is, or without its styles and its passwords where it holds any.

    Args:
        text: what is about to be printed.
    """
    masked = mask(text.plain)
    return text if masked == text.plain else Text(masked)
