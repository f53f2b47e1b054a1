"""OCR Omega as the OCR engine of OCRmyPDF: OCRmyPDF makes the PDF, the server reads its pages.

    export OCR_OMEGA_URL=http://127.0.0.1:8080 OCR_OMEGA_KEY=sk_live_...
    PYTHONPATH=examples/python ocrmypdf --plugin examples/ocrmypdf/ocr_omega_plugin.py scan.pdf searchable.pdf

Which script a page has the server tells by itself: `--language` is accepted and changes nothing.
"""

import logging
import os
import re
from pathlib import Path

from ocr_omega import Client
from ocrmypdf import OcrEngine, OrientationConfidence, hookimpl

log = logging.getLogger(__name__)

# OCRmyPDF takes 15 for very confident.
CONFIDENT = 15.0

WORD = re.compile(rb'(class="ocrx_word"[^>]* title="bbox )(\d+) (\d+) (\d+) (\d+)')


def _apart(word):
    """OCRmyPDF makes a space as wide as the gap between two words, and drops it where they touch."""
    left, top, right, bottom = (int(number) for number in word.groups()[1:])
    gap = max(1, (bottom - top) // 6)
    return word.group(1) + b"%d %d %d %d" % (left, top, max(left + 1, right - gap), bottom)


def _client():
    return Client(os.environ.get("OCR_OMEGA_URL", "http://127.0.0.1:8080"), os.environ["OCR_OMEGA_KEY"])


def _read(image, **options):
    """The job of one page image, and the degrees clockwise by which the server turned it upright."""
    client = _client()
    job = client.read(Path(image).read_bytes(), **options)
    page = job["results"][0]
    return client, job, page.get("document_metadata", {}).get("rotation", 0)


class OmegaEngine(OcrEngine):
    @staticmethod
    def version():
        return "1"

    @staticmethod
    def creator_tag(options):
        return "OCR Omega"

    def __str__(self):
        return "OCR Omega"

    @staticmethod
    def languages(options):
        return set(options.languages)

    @staticmethod
    def get_orientation(input_file, options):
        client, job, rotation = _read(input_file, mode="fast")
        client.erase(job["id"])
        # OCRmyPDF wants to know where the page's head points, which is turned back.
        return OrientationConfidence(angle=(360 - rotation) % 360, confidence=CONFIDENT)

    @staticmethod
    def generate_hocr(input_file, output_hocr, output_text, options):
        client, job, rotation = _read(input_file, word_boxes="true")
        if rotation != 0:
            log.warning("The page lies %d degrees off: its text is not where it is seen. Use --rotate-pages.", rotation)
        Path(output_hocr).write_bytes(WORD.sub(_apart, client.result(job["id"], "hocr")))
        Path(output_text).write_bytes(client.result(job["id"], "txt"))
        client.erase(job["id"])

    @staticmethod
    def generate_pdf(input_file, output_pdf, output_text, options):
        raise NotImplementedError("The text comes as hOCR: leave --pdf-renderer out.")


@hookimpl
def get_ocr_engine():
    return OmegaEngine()
