/** What `omega ocr` was asked to read: files, folders and patterns → documents, in the order they were named. */
import { open, stat } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { SNIFF_BYTES, sniffKind } from '../schema/document-kind.js';

export interface Input {
  /** Absolute. */
  readonly path: string;
  /** As the caller would name it. */
  readonly name: string;
  /** Where its results go, below the output folder and before their extension: its place in the folder it came from. */
  readonly outputName: string;
}

export interface Inputs {
  readonly documents: readonly Input[];
  /** One sentence for each argument that names nothing to read. */
  readonly problems: readonly string[];
}

/**
 * A file is read whatever it is called; a folder gives those of its files, at any depth, whose first bytes are a
 * document's, hidden ones left out. A file that is named twice is read once.
 */
export async function findInputs(args: readonly string[], cwd: string): Promise<Inputs> {
  const problems: string[] = [];
  const documents = new Map<string, Input>();
  for (const arg of args) {
    const found = await expand(arg, cwd);
    if (typeof found === 'string') problems.push(found);
    else for (const input of found) if (!documents.has(input.path)) documents.set(input.path, input);
  }
  return { documents: [...documents.values()], problems };
}

async function expand(arg: string, cwd: string): Promise<readonly Input[] | string> {
  const path = resolve(cwd, arg);
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) {
    const inputs = await documentsBelow(path, cwd);
    return inputs.length > 0 ? inputs : `${arg}: the folder holds no PDF, PNG, JPEG, TIFF or WebP file`;
  }
  if (stats !== undefined) return [{ path, name: arg, outputName: basename(path) }];
  if (!isDynamicPattern(arg)) return `${arg}: no such file or folder`;
  const matches = naturalOrder(await glob(arg, { cwd, absolute: true, expandDirectories: false }));
  return matches.length > 0
    ? matches.map((match) => ({ path: match, name: relative(cwd, match), outputName: basename(match) }))
    : `${arg}: the pattern matches no file`;
}

async function documentsBelow(folder: string, cwd: string): Promise<readonly Input[]> {
  const inputs: Input[] = [];
  for (const name of naturalOrder(await glob('**/*', { cwd: folder }))) {
    const path = join(folder, name);
    if (await isDocument(path)) inputs.push({ path, name: relative(cwd, path), outputName: name });
  }
  return inputs;
}

/** A file that cannot be looked into is taken for a document, so that its error is told instead of hidden. */
async function isDocument(path: string): Promise<boolean> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
      return sniffKind(buffer.subarray(0, bytesRead)) !== undefined;
    } finally {
      await file.close();
    }
  } catch {
    return true;
  }
}

/** "page 2" before "page 10". */
function naturalOrder(paths: readonly string[]): readonly string[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return [...paths].sort(compare);
}
