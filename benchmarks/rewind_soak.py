"""Run the property of rewinding over many random cases, and say how many there were and whether any failed.

    python benchmarks/rewind_soak.py --cases 10000 --seed 1

A case is one batch of random changes over several connections, a rewind, and the comparison of the database with its
template: by a digest of every catalog, table and sequence each time, and by pg_dump for each schema besides. A random
schema serves for some cases, one after the other, so that what one leaves behind would show in the next.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "postgres" / "databases"))

from rewind_property import Counts, Difference, check

from greenshift.postgres import Run, ServerSettings, open_server


def main() -> int:
    """Run the cases; return 1 when one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000, help="how many rewinds to check")
    parser.add_argument("--seed", type=int, default=1, help="the first schema's seed; each further one adds 1")
    parser.add_argument("--per-schema", type=int, default=16, help="how many cases share a schema")
    parser.add_argument("--dump-every", type=int, default=1, help="compare pg_dump for every n-th schema")
    parser.add_argument("--provider", choices=("embedded", "installed"), default="embedded")
    parser.add_argument("--keep-going", action="store_true", help="go on after a failure")
    options = parser.parse_args()
    server = open_server(ServerSettings(provider=options.provider))
    counts = Counts()
    failures: list[int] = []
    started = time.monotonic()
    seed = options.seed
    try:
        with Run.start(server) as run:
            while counts.rewinds < options.cases and (options.keep_going or not failures):
                dumped = seed % options.dump_every == 0
                try:
                    check(
                        server,
                        run,
                        Random(seed),
                        f"soak{seed}",
                        rounds=options.per_schema,
                        dumped=dumped,
                        counts=counts,
                    )
                except Difference as difference:
                    failures.append(seed)
                    print(f"seed {seed}: {difference}", flush=True)
                seed += 1
                if seed % 100 == 0:
                    print(
                        f"{counts.rewinds} cases, {len(failures)} failures, {time.monotonic() - started:.0f} s",
                        flush=True,
                    )
    finally:
        server.stop()
    print(
        f"PostgreSQL {server.version // 10000}: {counts.rewinds} cases over {seed - options.seed} random schemas,"
        f" {counts.in_place} rewound in place, {counts.recloned} recloned, {counts.dumps} pg_dump comparisons,"
        f" {counts.terminated} sessions or prepared transactions ended, {len(failures)} differences"
        f" {failures or ''}, {time.monotonic() - started:.0f} s"
    )
    for reason, count in sorted(counts.reasons.items(), key=lambda pair: -pair[1]):
        print(f"  {count:6} reclones: {reason}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
