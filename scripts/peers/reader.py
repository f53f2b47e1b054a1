"""What the Python peers share: files to read come in, and readings go out, as `peers.mjs` says."""

import json
import sys
import time


def serve(open_engine):
    """Runs an engine as the arguments say. `open_engine(tier, models, threads)` has `read(path)` and `read_all(paths)`.

    A reading is a dict of `text` and `lines`, each line with its `text` and four-point `quad` in pixels.
    """
    pace, tier, models, threads = sys.argv[1:]
    paths = json.load(sys.stdin)
    engine = open_engine(tier, models, int(threads))
    if pace == "all":
        for reading in engine.read_all(paths):
            answer(reading)
        return
    for path in paths:
        started_at = time.perf_counter()
        reading = engine.read(path)
        answer({**reading, "ms": 1000 * (time.perf_counter() - started_at)})


def answer(reading):
    print(json.dumps(reading), flush=True)
