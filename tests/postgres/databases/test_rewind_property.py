"""The property over few random cases; `benchmarks/rewind_soak.py` runs the same over very many."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rewind_property import check

from greenshift.postgres import Run, Server


def test_a_rewound_database_equals_its_template(any_server: Server) -> None:
    with Run.start(any_server) as run:

        @settings(max_examples=10, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
        @given(st.randoms(use_true_random=False), st.integers(0, 10**9))
        def property_(random: Random, number: int) -> None:
            check(any_server, run, Random(number), f"property{number}", rounds=3)

        property_()
