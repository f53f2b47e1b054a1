"""Reads images with faster-paddle (https://github.com/cnmoro/faster-paddle): its defaults and its own copy of the weights.

Its `text` is what its manual advises for pages of running text.
"""

from pathlib import Path

from faster_paddle import OcrEngine

from reader import serve


class Engine:
    def __init__(self, tier, _models, threads):
        self.engine = OcrEngine(model_size=tier, threads=threads)

    def read(self, path):
        return reading(self.engine.ocr(Path(path).read_bytes()))

    def read_all(self, paths):
        return map(reading, self.engine.ocr_batch([Path(path).read_bytes() for path in paths]))


def reading(result):
    lines = [{"text": bound["text"], "quad": corners(bound)} for bound in result["bounds"].values()]
    return {"text": result["text"], "lines": lines}


def corners(bound):
    (left, top), (right, bottom) = bound["topLeftCoord"], bound["bottomRightCoord"]
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


serve(Engine)
