/** The results of a document that was read, as files of an output folder. Each appears whole or not at all. */
import { randomUUID } from 'node:crypto';
import { access, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Engine } from '../engine/engine.js';
import { OcrError } from '../errors.js';
import { FILE_EXTENSIONS, type Format } from '../export/formats.js';
import type { FigureLink } from '../export/markdown.js';
import { formatDocument, readPages } from '../reading/ocr-results.js';
import type { DocumentOutcome } from '../reading/read-documents.js';
import { writeSearchablePdf } from '../reading/searchable-pdf.js';
import type { Input } from './inputs.js';

export interface ResultFiles {
  /** Absolute. */
  readonly out: string;
  readonly formats: readonly Format[];
  readonly words: boolean;
  /** Whether figures are cut out beside the text that shows them. */
  readonly figures: boolean;
  readonly password: string | undefined;
  /** Where files are before they are whole, on the disk of `out`; beside their places where undefined. */
  readonly partialFolder: string | undefined;
}

/** One sentence for each part that could not be made. REQUIRES: a page of it was read. */
export async function saveResults(
  engine: Pick<Engine, 'cutPictures' | 'makePdf'>,
  input: Input,
  document: DocumentOutcome,
  files: ResultFiles,
): Promise<readonly string[]> {
  const cut = files.figures ? await saveFigures(engine, input, document, files) : undefined;
  for (const format of files.formats) {
    if (format === 'pdf') continue;
    const text = formatDocument(document, format, {
      words: files.words,
      ...(cut === undefined ? {} : { link: cut.link }),
    });
    await wholeFile(files, resultPath(input.outputName, format, files.out), (partial) =>
      writeFile(partial, `${text}\n`),
    );
  }
  const pdfProblem = files.formats.includes('pdf') ? await savePdf(engine, input, document, files) : undefined;
  return [...(cut?.problems ?? []), ...(pdfProblem === undefined ? [] : [pdfProblem])];
}

/** Whether a file of each format is there. */
export async function haveResults(outputName: string, { formats, out }: ResultFiles): Promise<boolean> {
  for (const format of formats) {
    const there = await access(resultPath(outputName, format, out)).then(
      () => true,
      () => false,
    );
    if (!there) return false;
  }
  return true;
}

function resultPath(outputName: string, format: Format, out: string): string {
  return join(out, `${outputName}.${FILE_EXTENSIONS[format]}`);
}

/** Where figures were written, and why some were not. */
async function saveFigures(
  engine: Pick<Engine, 'cutPictures'>,
  input: Input,
  document: DocumentOutcome,
  files: ResultFiles,
): Promise<{ readonly link: FigureLink; readonly problems: readonly string[] }> {
  const folder = `${input.outputName}-figures`;
  const written = new Set<string>();
  const problems: string[] = [];
  const nameOf = (pageIndex: number, index: number) => `page-${pageIndex + 1}-${index + 1}.png`;
  for (const { pageIndex, widthPx, heightPx, rotation = 0, blocks } of readPages(document)) {
    const rects = blocks.filter(({ type }) => type === 'figure').map(({ rect }) => rect);
    if (rects.length === 0) continue;
    const task = { path: input.path, pageIndex, password: files.password, widthPx, heightPx, rotation, rects };
    try {
      const pictures = await engine.cutPictures(task);
      for (const [index, picture] of pictures.entries()) {
        const name = nameOf(pageIndex, index);
        await wholeFile(files, join(files.out, folder, name), (partial) => writeFile(partial, picture));
        written.add(name);
      }
    } catch (error) {
      if (!(error instanceof OcrError)) throw error;
      problems.push(`${input.name}, page ${pageIndex + 1}: its figures could not be cut out. ${error.message}`);
    }
  }
  const link: FigureLink = ({ pageIndex, index }) => {
    const name = nameOf(pageIndex, index);
    return written.has(name) ? `${encodeURIComponent(basename(folder))}/${name}` : undefined;
  };
  return { link, problems };
}

/** Why it could not be made, if so. */
async function savePdf(
  engine: Pick<Engine, 'makePdf'>,
  input: Input,
  document: DocumentOutcome,
  files: ResultFiles,
): Promise<string | undefined> {
  const path = resultPath(input.outputName, 'pdf', files.out);
  try {
    const { password } = files;
    await wholeFile(files, path, (outPath) => writeSearchablePdf(engine, document, { outPath, password }));
    return undefined;
  } catch (error) {
    if (error instanceof OcrError && error.code !== 'storage.failed' && error.code !== 'engine.unavailable') {
      return `${input.name}: the searchable PDF could not be made. ${error.message}`;
    }
    throw error;
  }
}

/** Its bytes are on the disk before it has its name. */
async function wholeFile(
  { partialFolder }: ResultFiles,
  path: string,
  write: (partial: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = join(partialFolder ?? dirname(path), `omega-${randomUUID()}.partial`);
  try {
    await write(partial);
    await syncFile(partial);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
