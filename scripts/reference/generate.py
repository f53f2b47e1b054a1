"""Writes test/fixtures/native/*.json: small inputs made here, and what OpenCV, Shapely and RapidOCR make of them.

The native tests compare the addon with these values, so that its own code is not what it is judged by. Needs numpy,
opencv-python, shapely and rapidocr; run it only to change a fixture: python scripts/reference/generate.py
"""

import base64
import itertools
import json
from pathlib import Path

import cv2
import numpy as np
from rapidocr.ch_ppocr_det.utils import DBPostProcess
from rapidocr.ch_ppocr_rec.utils import CTCLabelDecode
from rapidocr.utils.process_img import get_rotate_crop_image
from shapely.geometry import Polygon

FIXTURES = Path(__file__).resolve().parents[2] / "test" / "fixtures" / "native"

MEAN = [0.485, 0.456, 0.406]
STD = [0.229, 0.224, 0.225]


def packed(array):
    """An array as the tests read it: little-endian bytes in base64."""
    types = {"uint8": "uint8", "float32": "float32", "uint32": "uint32"}
    return {
        "type": types[str(array.dtype)],
        "data": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode(),
    }


def picture(rng, width, height):
    """Soft colour noise: every pixel differs from its neighbours, none by much."""
    coarse = rng.uniform(0, 255, (height // 4 + 2, width // 4 + 2, 3)).astype(np.float32)
    return np.clip(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)


def normalized(rgb, order):
    """Planar [3, height, width], as a model of the channel order reads it."""
    channels = rgb[..., ::-1] if order == "bgr" else rgb
    return ((channels / 255 - MEAN) / STD).transpose(2, 0, 1).astype(np.float32)


def resize_cases():
    rng = np.random.default_rng(1)
    cases = []
    for name, source, target, order, interpolation in [
        ("enlarged", (23, 17), (37, 29), "bgr", cv2.INTER_LINEAR),
        ("reduced to two thirds", (45, 31), (30, 21), "rgb", cv2.INTER_LINEAR),
        ("kept as it is", (16, 12), (16, 12), "bgr", cv2.INTER_LINEAR),
        ("one pixel wide", (1, 9), (4, 5), "rgb", cv2.INTER_LINEAR),
        ("reduced to less than half", (71, 53), (20, 15), "bgr", cv2.INTER_AREA),
    ]:
        image = picture(rng, *source)
        resized = cv2.resize(image.astype(np.float32), target, interpolation=interpolation)
        cases.append({
            "name": name, "width": source[0], "height": source[1], "image": packed(image),
            "scaledWidth": target[0], "scaledHeight": target[1], "channelOrder": order,
            "expected": packed(normalized(resized, order)),
        })
    return {"mean": MEAN, "std": STD, "cases": cases}


def probability_map(rng, width, height, bars):
    """Bars (centre, size, degrees, peak) with soft ends on a faint ground, quantized to 1/255."""
    values = np.full((height, width), 0.02, np.float32)
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    for cx, cy, length, thickness, degrees, peak in bars:
        angle = np.deg2rad(degrees)
        along = np.abs((xs - cx) * np.cos(angle) + (ys - cy) * np.sin(angle)) - length / 2
        across = np.abs((ys - cy) * np.cos(angle) - (xs - cx) * np.sin(angle)) - thickness / 2
        values = np.maximum(values, peak / (1 + np.exp(2 * np.maximum(along, across))))
    values += rng.uniform(0, 0.02, values.shape).astype(np.float32)
    return np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)


def corners_of(rect):
    """RapidOCR's corner order: of the two leftmost the upper is top-left, of the two rightmost the upper is top-right."""
    points = sorted(rect, key=lambda p: (p[0], p[1]))
    left = sorted(points[:2], key=lambda p: p[1])
    right = sorted(points[2:], key=lambda p: p[1])
    return np.array([left[0], right[0], right[1], left[1]], np.float64)


def min_area_rectangle(polygon):
    """By trying every hull edge, in double precision."""
    hull = np.array(polygon.convex_hull.exterior.coords)[:-1]
    best = None
    for i in range(len(hull)):
        ex = hull[(i + 1) % len(hull)] - hull[i]
        ex = ex / np.hypot(*ex)
        frame = np.array([ex, [-ex[1], ex[0]]])
        low, high = (hull @ frame.T).min(0), (hull @ frame.T).max(0)
        area = np.prod(high - low)
        if best is None or area < best[0]:
            box = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]])
            best = (area, box @ frame, min(high - low))
    return best[1], best[2]


def detect_reference(probabilities, source, options):
    """DBPostProcess with exact geometry: OpenCV contours and fillPoly, Shapely's round-join buffer, no rounding."""
    height, width = probabilities.shape
    mask = (probabilities > options["threshold"]).astype(np.uint8)
    if options["dilate"]:
        mask = cv2.dilate(mask, np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    boxes = []
    scorer = DBPostProcess()
    scale = np.array([source[0] / width, source[1] / height])
    for contour in contours:
        hull = Polygon(contour[:, 0, :]) if len(contour) > 3 else None
        if hull is None or hull.convex_hull.area == 0:
            continue
        rectangle, side = min_area_rectangle(hull)
        if side < options["minSize"]:
            continue
        score = scorer.box_score_fast(probabilities, corners_of(rectangle).astype(np.float32))
        if score < options["boxThreshold"]:
            continue
        polygon = Polygon(rectangle)
        grown = polygon.buffer(polygon.area * options["unclipRatio"] / polygon.length, quad_segs=512)
        box, side = min_area_rectangle(grown)
        if side < options["minSize"] + 2:
            continue
        # A map pixel's centre lies at + 0.5.
        quad = np.clip((corners_of(box) + 0.5) * scale, 0, source)
        boxes.append((quad, score))
    boxes.sort(key=lambda box: (box[0][0][1], box[0][0][0]))
    return boxes


def detect_cases():
    rng = np.random.default_rng(2)
    bars = [
        (60, 12, 90, 7, 0, 0.95), (50, 40, 70, 8, 7, 0.9), (120, 55, 60, 6, -12, 0.92), (30, 85, 6, 44, 0, 0.9),
        (128, 100, 40, 9, 28, 0.85), (90, 100, 46, 7, 81, 0.97), (147, 20, 20, 6, -35, 0.55), (70, 130, 3, 2, 0, 0.9),
        (8, 136, 30, 10, 3, 0.96),
    ]
    cases = []
    for name, dilate, source in [("as it is", False, (320, 288)), ("dilated", True, (170, 300))]:
        levels = probability_map(rng, 160, 144, bars)
        probabilities = (levels / 255).astype(np.float32)
        options = {"threshold": 0.3, "boxThreshold": 0.6, "unclipRatio": 1.5, "minSize": 3, "maxCandidates": 1000,
                   "dilate": dilate}
        exact = detect_reference(probabilities, source, options)
        process = DBPostProcess(thresh=0.3, box_thresh=0.6, unclip_ratio=1.5, use_dilation=dilate)
        rapid, rapid_scores = process(probabilities[None, None], (source[1], source[0]))
        order = np.lexsort((rapid[:, 0, 0], rapid[:, 0, 1]))
        cases.append({
            "name": name, "width": 160, "height": 144, "levels": packed(levels), "sourceWidth": source[0],
            "sourceHeight": source[1], "options": options,
            "quads": [np.round(quad, 4).reshape(-1).tolist() for quad, _ in exact],
            "scores": [round(float(score), 6) for _, score in exact],
            "rapidocr": [rapid[i].reshape(-1).tolist() for i in order],
            "rapidocrScores": [round(float(rapid_scores[i]), 6) for i in order],
        })
    return {"cases": cases}


def bilinear(image, x, y):
    """Float sampling with a replicated border; OpenCV's own remap rounds coordinates to 1/32 of a pixel."""
    height, width = image.shape[:2]
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    fx, fy = (x - x0)[..., None], (y - y0)[..., None]
    top = image[y0, x0] * (1 - fx) + image[y0, x1] * fx
    return top * (1 - fy) + (image[y1, x0] * (1 - fx) + image[y1, x1] * fx) * fy


def crop_reference(image, quad, width, height, turns):
    """The quad's four corners to those of width × height, one sample a pixel, or a mean of them below half scale."""
    across = max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3]))
    down = max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1]))
    if turns % 2:
        across, down = down, across
    nx = 1 if across / width <= 2 else int(np.ceil(across / width))
    ny = 1 if down / height <= 2 else int(np.ceil(down / height))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    # Turned counter-clockwise, what was the top-right corner is the top-left.
    matrix = cv2.getPerspectiveTransform(target, np.roll(quad, -turns, axis=0).astype(np.float32))
    u, v = np.meshgrid((np.arange(width * nx) + 0.5) / nx, (np.arange(height * ny) + 0.5) / ny)
    x, y, w = np.einsum("ij,jab->iab", matrix, np.stack([u, v, np.ones_like(u)]))
    samples = bilinear(image.astype(np.float64), x / w - 0.5, y / w - 0.5)
    return samples.reshape(height, ny, width, nx, 3).mean((1, 3))


def crop_cases():
    rng = np.random.default_rng(3)
    image = picture(rng, 120, 90)
    height = 10
    cases = []
    for name, quad, width, turns in [
        ("upright", [[10, 12], [70, 12], [70, 32], [10, 32]], 32, 0),
        ("rotated", [[20, 20], [76, 36], [71, 54], [15, 38]], 32, 0),
        ("in perspective", [[8, 50], [100, 40], [112, 80], [4, 70]], 36, 0),
        ("a tall line, turned once", [[85, 5], [99, 5], [99, 60], [85, 60]], 32, 1),
        ("upside down, turned twice", [[10, 12], [70, 14], [69, 32], [9, 30]], 30, 2),
        ("turned three times", [[85, 5], [99, 5], [99, 60], [85, 60]], 32, 3),
        ("over the border", [[-10, -6], [40, -6], [40, 14], [-10, 14]], 28, 0),
        ("reduced to less than half", [[5, 4], [115, 8], [113, 86], [3, 82]], 18, 0),
    ]:
        quad = np.array(quad, np.float64)
        expected = crop_reference(image, quad, width, height, turns)
        case = {
            "name": name, "quad": quad.reshape(-1).tolist(), "width": width, "turns": turns,
            "expected": packed(normalized(expected, "bgr")),
        }
        cases.append(case)
    # PaddleOCR's own way: warp by cubic samples at the crop's size, then resize.
    for case in (cases[0], cases[1], cases[3]):
        warped = get_rotate_crop_image(image, np.array(case["quad"], np.float32).reshape(4, 2))
        case["paddle"] = packed(normalized(cv2.resize(warped, (case["width"], height)), "bgr"))
    return {"mean": MEAN, "std": STD, "width": 120, "height": 90, "cropHeight": height, "image": packed(image),
            "cases": cases}


def ctc_cases():
    rng = np.random.default_rng(4)
    lines, steps, classes = 3, 24, 37
    # Runs and blanks as a recognizer gives them: each column leans to a class that often is the last one's.
    logits = rng.normal(0, 1, (lines, steps, classes))
    for line in range(lines):
        chosen = 0
        for step in range(steps):
            if rng.random() < 0.6:
                chosen = 0 if rng.random() < 0.4 else int(rng.integers(1, classes))
            logits[line, step, chosen] += 5
    probabilities = (np.exp(logits) / np.exp(logits).sum(2, keepdims=True)).astype(np.float32)
    decoder = CTCLabelDecode(character=[chr(0x4E00 + i) for i in range(1, classes - 1)])
    texts = [text for text, _ in decoder(probabilities)[0]]
    expected = []
    for line in range(lines):
        best = probabilities[line].argmax(1)
        runs, step = [], 0
        for chosen, group in itertools.groupby(best):
            length = len(list(group))
            if chosen != 0:
                peak = probabilities[line, step : step + length, chosen].max()
                runs.append({"class": int(chosen), "probability": float(peak), "first": step, "last": step + length - 1})
            step += length
        # The reference's text and our runs must tell the same story.
        assert [decoder.dict[c] for c in texts[line]] == [run["class"] for run in runs]
        expected.append(runs)
    return {"lines": lines, "steps": steps, "classes": classes, "probabilities": packed(probabilities),
            "expected": expected}


def main():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    for name, make in [("resize", resize_cases), ("detect", detect_cases), ("crops", crop_cases), ("ctc", ctc_cases)]:
        (FIXTURES / f"{name}.json").write_text(json.dumps(make(), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
