/**
 * Whole documents, and what speed and memory do as things grow. Records `[what, number, quantity]`, the number of pages in
 * a document, of threads, or of lines on a page.
 */
import { availableParallelism } from 'node:os';
import { runReader } from '../peers/readers.mjs';
import { bornDigitalPdf, pageOfLines, scannedPdf } from './documents.mjs';
import { BARE_MUPDF, TEXT_LAYER } from './readers.mjs';

/** A PDF of scans, by mode: `['scanned PDF', mode, 'pages/s']`. */
export async function measureScannedPdf(folder, pages, modes, rounds, measures) {
  const path = await scannedPdf(folder, pages);
  for (let round = 0; round < rounds; round++) {
    for (const mode of modes) {
      const { readMs } = await runReader(mode, [path], 'all');
      measures.record(['scanned PDF', mode.id, 'pages/s'], (1000 * pages) / readMs);
    }
  }
}

/** The text layer, with all threads and with one, beside what MuPDF alone takes in one. */
export async function measureTextLayer(folder, pages, rounds, measures) {
  const path = bornDigitalPdf(folder, pages);
  const runs = [
    ['all threads', TEXT_LAYER, availableParallelism()],
    ['one thread', TEXT_LAYER, 1],
    ['bare MuPDF, one thread', BARE_MUPDF, 1],
  ];
  for (let round = 0; round < rounds; round++) {
    for (const [name, reader, threads] of runs) {
      const { readMs } = await runReader(reader, [path], 'all', threads);
      measures.record(['text layer', name, 'pages/s'], (1000 * pages) / readMs);
    }
  }
}

export async function measureGrowth({ folder, pageCounts, scannedCounts, lineCounts, fast, auto, paths, measures }) {
  for (const pages of pageCounts) {
    await document('pages in a PDF, text layer', TEXT_LAYER, bornDigitalPdf(folder, pages), pages);
  }
  for (const pages of scannedCounts) {
    await document('pages in a scanned PDF, `fast`', fast, await scannedPdf(folder, pages), pages);
  }
  for (let threads = 1; threads <= availableParallelism(); threads *= 2) {
    const { readMs, peakBytes } = await runReader(auto, paths, 'all', threads);
    record('threads, `auto`', threads, (1000 * paths.length) / readMs, peakBytes);
  }
  for (const lines of lineCounts) {
    const path = await pageOfLines(folder, lines);
    const { readMs, peakBytes } = await runReader(fast, [path, path, path], 'each');
    record('lines on a page, `fast`, one page after the other', lines, 3000 / readMs, peakBytes);
  }

  async function document(what, reader, path, pages) {
    const { readMs, peakBytes } = await runReader(reader, [path], 'all');
    record(what, pages, (1000 * pages) / readMs, peakBytes);
  }

  function record(what, number, pagesPerSecond, peakBytes) {
    measures.record([what, number, 'pages/s'], pagesPerSecond);
    measures.record([what, number, 'peak MB'], peakBytes / 1e6);
  }
}
