"""./run bench generate: write a synthetic ecosystem and what a validation must find in it."""

import argparse
import time
from pathlib import Path

from benchmarks.ecosystem import write_ecosystem


def main() -> None:
    """Write the ecosystem and say what was written."""
    parser = argparse.ArgumentParser(prog="./run bench generate", description=__doc__)
    parser.add_argument("--triples", type=int, default=100_000, help="about how many (100000)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another ecosystem (1)")
    parser.add_argument("--clean", action="store_true", help="plant no defects, only loops")
    parser.add_argument("--out", type=Path, required=True, help="N-Triples file to write")
    options = parser.parse_args()
    start = time.perf_counter()
    written = write_ecosystem(options.out, options.triples, options.seed, defects=not options.clean)
    seconds = time.perf_counter() - start
    print(
        f"{written.data}: {written.triples:,} triples, {written.relationships:,} relationships,"
        f" {seconds:.1f} s ({written.triples / seconds:,.0f} triples/s)"
    )
    print(f"{written.manifest}: {written.expected:,} results to be found")


if __name__ == "__main__":
    main()
