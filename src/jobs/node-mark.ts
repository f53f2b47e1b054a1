/**
 * The mark of a node in its data directory, from when it joins the others until it leaves them: who starts there next
 * and finds one knows that the node before it died.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OcrError } from '../errors.js';

export interface NodeMark {
  /** Of the node. */
  readonly id: string;
  /** Of its machine or container: a directory that was copied to another says nothing about the node. */
  readonly host: string;
}

const pathIn = (dataDir: string) => join(dataDir, 'node.json');

/** Undefined where there is none that can be read. */
export function readNodeMark(dataDir: string): NodeMark | undefined {
  try {
    const { id, host } = JSON.parse(readFileSync(pathIn(dataDir), 'utf8')) as Partial<NodeMark>;
    return typeof id === 'string' && typeof host === 'string' ? { id, host } : undefined;
  } catch {
    return undefined;
  }
}

/** @throws OcrError storage.failed */
export function writeNodeMark(dataDir: string, mark: NodeMark): void {
  reportFailures(() => writeFileSync(pathIn(dataDir), JSON.stringify(mark), { mode: 0o600 }));
}

/** @throws OcrError storage.failed */
export function eraseNodeMark(dataDir: string): void {
  reportFailures(() => rmSync(pathIn(dataDir), { force: true }));
}

function reportFailures(work: () => void): void {
  try {
    work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new OcrError('storage.failed', `The data directory could not be written (${code}).`, { cause: error });
  }
}
