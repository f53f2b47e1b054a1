"""Writes test/fixtures/native/layout.json: layout heads made here, and what RapidLayout's post-processing makes of them.

Needs numpy and rapid-layout; run it only to change the fixture: python scripts/reference/layout.py
"""

import base64
import json
from pathlib import Path

import numpy as np
from rapid_layout.model_handler.pp.post_process import PPPostProcess

FIXTURE = Path(__file__).resolve().parents[2] / "test" / "fixtures" / "native" / "layout.json"

CLASSES = ["text", "table", "figure"]
STRIDES = [8, 16, 32, 64]
# No multiple of the larger strides: their last row and column are partial cells.
INPUT_WIDTH, INPUT_HEIGHT = 72, 104
SOURCE_WIDTH, SOURCE_HEIGHT = 1000, 1300
SCORE_THRESHOLD, IOU_THRESHOLD = 0.4, 0.5


def packed(array):
    return {"type": "float32", "data": base64.b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()}


def main():
    rng = np.random.default_rng(7)
    scores, distributions = [], []
    for stride in STRIDES:
        cells = -(-INPUT_WIDTH // stride) * -(-INPUT_HEIGHT // stride)
        # Three decimals keep scores apart, so that the order of boxes is certain.
        unique = rng.permutation(np.arange(1, cells * len(CLASSES) + 1)) / (cells * len(CLASSES) + 1) * 0.62
        scores.append((unique.reshape(cells, len(CLASSES)) + stride * 1e-4).astype(np.float32))
        distributions.append(rng.normal(0, 3, (cells, 32)).astype(np.float32))

    reference = PPPostProcess(CLASSES, SCORE_THRESHOLD, IOU_THRESHOLD)
    heads = [head[None] for head in scores + distributions]
    image = np.zeros((1, 3, INPUT_HEIGHT, INPUT_WIDTH), np.float32)
    boxes, box_scores, names = reference((SOURCE_HEIGHT, SOURCE_WIDTH), image, heads)
    order = np.argsort(-np.array(box_scores))
    assert len(set(box_scores)) == len(box_scores)
    FIXTURE.write_text(json.dumps({
        "strides": STRIDES, "classCount": len(CLASSES),
        "inputWidth": INPUT_WIDTH, "inputHeight": INPUT_HEIGHT,
        "sourceWidth": SOURCE_WIDTH, "sourceHeight": SOURCE_HEIGHT,
        "scoreThreshold": SCORE_THRESHOLD, "iouThreshold": IOU_THRESHOLD,
        "scores": [packed(head) for head in scores],
        "distributions": [packed(head) for head in distributions],
        "regions": [
            {
                "class": CLASSES.index(names[i]),
                "score": round(box_scores[i], 6),
                "rect": [round(value, 3) for value in (
                    boxes[i][0], boxes[i][1], boxes[i][2] - boxes[i][0], boxes[i][3] - boxes[i][1])],
            }
            for i in order
            # The reference keeps boxes that lie outside the image, as boxes without area; ours are no regions.
            if boxes[i][0] < boxes[i][2] and boxes[i][1] < boxes[i][3]
        ],
    }, separators=(",", ":")) + "\n")


main()
