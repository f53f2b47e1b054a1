import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveInputs } from '../../../src/cli/inputs.js';

const PDF = '%PDF-1.4\n';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'omega-inputs-'));
  mkdirSync(join(folder, 'scans/old'), { recursive: true });
  mkdirSync(join(folder, 'empty'));
  for (const name of ['scans/page10.pdf', 'scans/page2.pdf', 'scans/old/a.dat', 'scans/.hidden.pdf', 'a [1].pdf']) {
    writeFileSync(join(folder, name), PDF);
  }
  writeFileSync(join(folder, 'scans/notes.txt'), 'only text');
});
afterAll(() => rmSync(folder, { recursive: true }));

const find = async (...args: string[]) => {
  const names: string[] = [];
  const outputs: string[] = [];
  const problems: string[] = [];
  const leftOut: string[] = [];
  const inputs = await resolveInputs(args, folder, [join(folder, 'scans/read')]);
  for await (const found of inputs.find()) {
    if ('problem' in found) problems.push(found.problem);
    else if ('noDocument' in found) leftOut.push(relative(folder, found.noDocument));
    else {
      names.push(found.name);
      outputs.push(found.outputName);
    }
  }
  return { names, outputs, problems, leftOut };
};

describe('resolveInputs', () => {
  it('takes a file as it is named, whatever it holds', async () => {
    expect(await find('scans/notes.txt')).toEqual({
      names: ['scans/notes.txt'],
      outputs: ['notes.txt'],
      problems: [],
      leftOut: [],
    });
  });

  it('takes the documents of a folder by their bytes, numbers in their order, at their place in the folder', async () => {
    expect(await find('scans')).toEqual({
      names: ['scans/old/a.dat', 'scans/page2.pdf', 'scans/page10.pdf'],
      outputs: ['old/a.dat', 'page2.pdf', 'page10.pdf'],
      problems: [],
      leftOut: ['scans/notes.txt'],
    });
  });

  it('takes what is called a document for one though it holds none, so that it fails', async () => {
    mkdirSync(join(folder, 'torn'));
    writeFileSync(join(folder, 'torn/empty.PDF'), '');
    writeFileSync(join(folder, 'torn/page.jpeg'), '<html>Not found</html>');
    expect(await find('torn')).toMatchObject({ names: ['torn/empty.PDF', 'torn/page.jpeg'], leftOut: [] });
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

  it('keeps files of one name in different folders apart', async () => {
    expect(await find('scans/old/a.dat', 'scans/page2.pdf', 'a [1].pdf')).toMatchObject({
      outputs: ['scans/old/a.dat', 'scans/page2.pdf', 'a [1].pdf'],
    });
    expect((await find('scans/**/*.dat')).outputs).toEqual(['a.dat']);
  });

  it('follows links, walks no folder twice, and leaves out the folder of the results', async () => {
    mkdirSync(join(folder, 'linked'));
    mkdirSync(join(folder, 'scans/read'));
    writeFileSync(join(folder, 'scans/read/page2.pdf.pdf'), PDF);
    symlinkSync(join(folder, 'scans'), join(folder, 'linked/scans'));
    symlinkSync(join(folder, 'linked'), join(folder, 'linked/loop'));
    symlinkSync(join(folder, 'gone'), join(folder, 'linked/gone.pdf'));
    expect((await find('linked')).names).toEqual([
      'linked/gone.pdf',
      'linked/scans/old/a.dat',
      'linked/scans/page2.pdf',
      'linked/scans/page10.pdf',
    ]);
  });

  it('reads a folder once that lies in another one that is named', async () => {
    expect((await find('scans', 'scans/old', 'scans/page2.pdf')).names).toEqual([
      'scans/old/a.dat',
      'scans/page2.pdf',
      'scans/page10.pdf',
    ]);
  });

  it('counts the files it will look at without opening them', async () => {
    const counts: number[] = [];
    for await (const count of (await resolveInputs(['scans'], folder)).count()) counts.push(count);
    // Among them the text and the result, which are no documents of it.
    expect(counts.at(-1)).toBe(5);
  });
});
