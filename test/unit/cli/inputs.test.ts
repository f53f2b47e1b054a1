import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInputs } from '../../../src/cli/inputs.js';

const PDF = '%PDF-1.4\n';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'omega-inputs-'));
  mkdirSync(join(folder, 'scans/old'), { recursive: true });
  mkdirSync(join(folder, 'empty'));
  for (const name of ['scans/page10.pdf', 'scans/page2.pdf', 'scans/old/a.dat', 'scans/.hidden.pdf', 'a [1].pdf']) {
    writeFileSync(join(folder, name), PDF);
  }
  writeFileSync(join(folder, 'scans/notes.pdf'), 'only text');
});
afterAll(() => rmSync(folder, { recursive: true }));

const find = async (...args: string[]) => {
  const { documents, problems } = await findInputs(args, folder);
  return { names: documents.map(({ name }) => name), outputs: documents.map(({ outputName }) => outputName), problems };
};

describe('findInputs', () => {
  it('takes a file as it is named, whatever it holds', async () => {
    expect(await find('scans/notes.pdf')).toEqual({ names: ['scans/notes.pdf'], outputs: ['notes.pdf'], problems: [] });
  });

  it('takes the documents of a folder by their bytes, numbers in their order, at their place in the folder', async () => {
    expect(await find('scans')).toEqual({
      names: ['scans/old/a.dat', 'scans/page2.pdf', 'scans/page10.pdf'],
      outputs: ['old/a.dat', 'page2.pdf', 'page10.pdf'],
      problems: [],
    });
  });

  it('takes what a pattern matches', async () => {
    expect((await find('scans/*10.pdf')).names).toEqual(['scans/page10.pdf']);
  });

  it('takes an existing file for a file though its name reads like a pattern', async () => {
    expect((await find('a [1].pdf')).names).toEqual(['a [1].pdf']);
  });

  it('reads a file once that is named twice', async () => {
    expect((await find('scans/page2.pdf', 'scans/*2.pdf')).names).toEqual(['scans/page2.pdf']);
  });

  it('says of each argument that names nothing why', async () => {
    expect((await find('gone.pdf', 'empty', 'scans/*.png', 'scans/page2.pdf')).problems).toEqual([
      'gone.pdf: no such file or folder',
      'empty: the folder holds no PDF, PNG, JPEG, TIFF or WebP file',
      'scans/*.png: the pattern matches no file',
    ]);
  });
});
