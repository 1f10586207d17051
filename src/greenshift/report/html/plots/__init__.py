"""Plots as SVG, made in Python: scales, axes, lines and bars."""
