"""The parts of benchmarks/isolation.py."""
