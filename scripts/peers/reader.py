"""What the Python peers share: files to read come in, and readings go out, as `readers.mjs` says."""

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
    if pace != "once":
        engine.read(paths[0])
    began_at = time.perf_counter()
    for reading in engine.read_all(paths) if pace == "all" else one_by_one(engine, paths):
        answer(reading)
    answer({"readMs": 1000 * (time.perf_counter() - began_at)})


def one_by_one(engine, paths):
    for path in paths:
        started_at = time.perf_counter()
        reading = engine.read(path)
        yield {**reading, "ms": 1000 * (time.perf_counter() - started_at)}


def answer(reading):
    print(json.dumps(reading), flush=True)
