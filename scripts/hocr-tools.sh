#!/usr/bin/env bash
# Puts two programs that read hOCR into build/hocr-tools, for the tests that have them read ours: the checker of hocr-tools,
# and OCRmyPDF, which lays the words over a PDF's pages, also by the plugin of examples/ocrmypdf.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 -m venv --clear build/hocr-tools
build/hocr-tools/bin/python -m pip install --quiet hocr-tools==1.1.1 ocrmypdf==17.13.0
