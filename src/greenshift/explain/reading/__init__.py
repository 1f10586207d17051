"""Tracebacks found in text: streams of lines, brought to one style, cut into blocks, joined to chains."""
