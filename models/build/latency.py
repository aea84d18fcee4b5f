"""Median time of one session.run per model file, variants interleaved so that a busy machine disturbs all alike."""
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "eval"))
from detector import open_session  # noqa: E402


def medians(files, threads, rounds=200, burst=3):
    """Milliseconds per file, in the order given."""
    value = np.random.default_rng(0).uniform(-1, 1, (1, 3, 300, 300)).astype(np.float32)
    sessions = [open_session(path, threads) for path in files]
    spent = [[] for _ in files]
    for round_number in range(rounds + 10):
        for session, times in zip(sessions, spent):
            for _ in range(burst):
                start = time.perf_counter()
                session.run(None, {"image": value})
                if round_number >= 10:
                    times.append(1000 * (time.perf_counter() - start))
    return [float(np.median(times)) for times in spent]


if __name__ == "__main__":
    for count in (1, 2):
        for name, value in zip(sys.argv[1:], medians(sys.argv[1:], count)):
            print(f"{count} thread(s)  {value:6.2f} ms  {name}")
