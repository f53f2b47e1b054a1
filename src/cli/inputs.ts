/**
 * What `omega ocr` was asked to read: files, folders and patterns → documents, in the order they were named. Folders are
 * walked while their documents are read: no more is held in memory than the names in the folder that is being walked.
 */
import { open, readdir, stat } from 'node:fs/promises';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import type { Source } from '../reading/read-documents.js';
import { SNIFF_BYTES, sniffKind } from '../schema/document-kind.js';

export interface Input extends Source {
  /**
   * Where its results go, below the output folder and before their extension: its place below the deepest folder that
   * holds everything that was named, so that no two documents have one.
   */
  readonly outputName: string;
}

/** One sentence about an argument that names nothing to read. */
export interface Problem {
  readonly problem: string;
}

/** A file of a folder that is no document, neither by its name nor by its bytes. */
export interface NoDocument {
  readonly noDocument: string;
}

export type Found = Input | Problem | NoDocument;

export interface Inputs {
  /** Whether a single file was named, and nothing else. */
  readonly isSingleFile: boolean;
  /** The folders that were named. */
  readonly folders: readonly string[];
  /**
   * A file is read whatever it is called; a folder gives those of its files, at any depth, whose first bytes are a
   * document's or that are called one: a damaged scan is to fail, not to go unseen. Hidden ones are left out. Links are
   * followed; no folder is walked twice. A file that is named twice is read once.
   */
  find(): AsyncGenerator<Found, void, undefined>;
  /** How many files `find` looks at, documents or not, told as they are counted. Opens none of them. */
  count(): AsyncGenerator<number, void, undefined>;
}

type Named =
  | { readonly kind: 'file'; readonly arg: string; readonly path: string }
  | { readonly kind: 'folder'; readonly arg: string; readonly path: string }
  | { readonly kind: 'pattern'; readonly arg: string; readonly path: string; readonly matches: readonly string[] }
  | { readonly kind: 'problem'; readonly arg: string; readonly problem: string };

/** `leaveOut`: folders that are not walked, such as the one that results are written to; they need not be there yet. */
export async function resolveInputs(
  args: readonly string[],
  cwd: string,
  leaveOut: readonly string[] = [],
): Promise<Inputs> {
  const named = await Promise.all(args.map((arg) => nameInput(arg, cwd)));
  const base = commonFolder(
    named.flatMap((each) => (each.kind === 'problem' ? [] : each.kind === 'file' ? [dirname(each.path)] : [each.path])),
  );
  const folders = named.flatMap((each) => (each.kind === 'folder' ? [each.path] : []));
  const toInput = (path: string, name: string): Input => ({ path, name, outputName: relative(base, path) });

  /** What is found, or, where `sniff` is false, every file that would be looked at. */
  async function* walkAll(sniff: boolean): AsyncGenerator<Found, void, undefined> {
    const walked: string[] = [];
    const given = new Set<string>();
    const isNew = (path: string) => !given.has(path) && !walked.some((folder) => isWalkedBelow(folder, path));
    for (const each of named) {
      if (each.kind === 'problem') yield each;
      else if (each.kind !== 'folder') {
        for (const path of each.kind === 'file' ? [each.path] : each.matches) {
          if (!isNew(path)) continue;
          given.add(path);
          yield toInput(path, each.kind === 'file' ? each.arg : relative(cwd, path));
        }
      } else {
        let found = false;
        for await (const path of walk(each.path, leaveOut)) {
          if (typeof path !== 'string') {
            yield { problem: `${relative(cwd, path.unreadable)}: the folder cannot be read` };
            continue;
          }
          const isOurs = !sniff || hasDocumentName(path) || (await isDocument(path));
          found ||= isOurs;
          if (!isNew(path)) continue;
          yield isOurs ? toInput(path, relative(cwd, path)) : { noDocument: path };
        }
        walked.push(each.path);
        if (sniff && !found) yield { problem: `${each.arg}: the folder holds no PDF, PNG, JPEG, TIFF or WebP file` };
      }
    }
  }

  return {
    isSingleFile: named.length === 1 && named[0]?.kind === 'file',
    folders,
    find: () => walkAll(true),
    async *count() {
      let files = 0;
      for await (const each of walkAll(false)) if (!('problem' in each)) yield ++files;
    },
  };
}

async function nameInput(arg: string, cwd: string): Promise<Named> {
  const path = resolve(cwd, arg);
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) return { kind: 'folder', arg, path };
  if (stats !== undefined) return { kind: 'file', arg, path };
  if (!isDynamicPattern(arg)) return { kind: 'problem', arg, problem: `${arg}: no such file or folder` };
  const matches = naturalOrder(await glob(arg, { cwd, absolute: true, expandDirectories: false }));
  if (matches.length === 0) return { kind: 'problem', arg, problem: `${arg}: the pattern matches no file` };
  return { kind: 'pattern', arg, path: commonFolder(matches.map((match) => dirname(match))), matches };
}

/** A folder that cannot be listed. */
export interface Unreadable {
  readonly unreadable: string;
}

/** Regular files below a folder, hidden ones left out, in natural order; folders among their files. */
export async function* walk(
  folder: string,
  leaveOut: readonly string[],
): AsyncGenerator<string | Unreadable, void, undefined> {
  const seen = new Set<string>();
  for (const path of leaveOut) {
    const id = await folderId(path);
    if (id !== undefined) seen.add(id);
  }
  yield* walkNew(folder, seen);
}

async function* walkNew(folder: string, seen: Set<string>): AsyncGenerator<string | Unreadable, void, undefined> {
  // A link back to a folder that is being walked would go on for ever; through two links to one folder its documents
  // would be read twice.
  const id = await folderId(folder);
  if (id === undefined || seen.has(id)) return;
  seen.add(id);
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) {
    yield { unreadable: folder };
    return;
  }
  for (const name of naturalOrder(names)) {
    if (name.startsWith('.')) continue;
    const path = join(folder, name);
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isDirectory()) yield* walkNew(path, seen);
    // A link to nothing is taken for a document, so that its error is told instead of hidden.
    else if (stats === undefined || stats.isFile()) yield path;
  }
}

async function folderId(path: string): Promise<string | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isDirectory() ? `${stats.dev}:${stats.ino}` : undefined;
}

/** Names that say a document is inside: a file that has one and holds none is a failure, others are none of ours. */
const DOCUMENT_EXTENSION = /^\.(pdf|png|jpe?g|tiff?|webp)$/i;

export function hasDocumentName(path: string): boolean {
  return DOCUMENT_EXTENSION.test(extname(path));
}

/** A file that cannot be looked into is taken for a document, so that its error is told instead of hidden. */
export async function isDocument(path: string): Promise<boolean> {
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

/** Whether walking `folder` comes by `path`. */
function isWalkedBelow(folder: string, path: string): boolean {
  const below = relative(folder, path);
  return !below.split(sep).some((part) => part === '..' || part.startsWith('.'));
}

/** The deepest folder that holds all of them; of none, the root. */
function commonFolder(folders: readonly string[]): string {
  const [first = sep, ...others] = folders;
  let common = first;
  for (const folder of others) {
    while (relative(common, folder).split(sep)[0] === '..') common = dirname(common);
  }
  return common;
}

/** "page 2" before "page 10". */
function naturalOrder(paths: readonly string[]): readonly string[] {
  // Not at the start, of which it takes some milliseconds: most often a single file is named.
  const { compare } = new Intl.Collator('en', { numeric: true });
  return [...paths].sort(compare);
}
