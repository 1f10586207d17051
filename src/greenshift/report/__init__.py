"""Findings as text, JSON, SARIF, GitHub annotations and JUnit: data classes in, text out."""
