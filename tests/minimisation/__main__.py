"""Trials for so many minutes, with the seed of whatever goes wrong. Ends with 1 where anything did.

``python -m tests.minimisation --minutes 60 [--seed N] [--only 83.1]``
"""

import argparse
import sys
import time
from collections import Counter
from random import SystemRandom

from .trial import faults, trials


def main() -> int:
    """Run them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None, help="of the first town; random")
    parser.add_argument("--only", help="TOWN.NUMBER: one trial again")
    asked = parser.parse_args()
    if asked.only:
        town, _, number = asked.only.partition(".")
        trial = list(trials(int(town)))[int(number)]
        wrong = faults(trial)
        print(trial, *wrong, sep="\n")
        return bool(wrong)
    seed = SystemRandom().randrange(1 << 32) if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    counts: Counter[str] = Counter()
    deadline = time.monotonic() + 60 * asked.minutes
    while time.monotonic() < deadline:
        counts["towns"] += 1
        for trial in trials(seed):
            found = faults(trial)
            wrong = [fault for fault in found if not fault.startswith("in doubt")]
            counts.update(trials=1, orders=len(trial.orders), packets=len(trial.town.frames), wrong=bool(wrong))
            counts["in doubt"] += len(found) > len(wrong)
            counts["tokens judged"] += len(trial.orders) * len(trial.town.kinds)
            if found:
                print(trial, *found, sep="\n", flush=True)
        seed += 1
    print(", ".join(f"{name}: {number}" for name, number in counts.items()))
    return bool(counts["wrong"])


sys.exit(main())
