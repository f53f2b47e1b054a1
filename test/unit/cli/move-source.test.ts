import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { moveSource, nameToMoveTo, numberedNames } from '../../../src/cli/move-source.js';

const folder = mkdtempSync(join(tmpdir(), 'omega-move-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

describe('numberedNames', () => {
  it('numbers before the extension', () => {
    const names = numberedNames('2026.03/scan.tar.gz');
    expect([names.next().value, names.next().value, names.next().value]).toEqual([
      '2026.03/scan.tar.gz',
      '2026.03/scan.tar-2.gz',
      '2026.03/scan.tar-3.gz',
    ]);
  });
});

describe('moveSource', () => {
  it('puts a document below the folder, and a second one of its name beside it', async () => {
    const done = join(folder, 'done');
    for (const text of ['first', 'second']) {
      const source = write('in/below/scan.pdf', text);
      await moveSource(source, join(done, await nameToMoveTo(done, 'below/scan.pdf', sha256(text))));
    }
    expect(readdirSync(join(folder, 'in/below'))).toEqual([]);
    expect(readFileSync(join(done, 'below/scan.pdf'), 'utf8')).toBe('first');
    expect(readFileSync(join(done, 'below/scan-2.pdf'), 'utf8')).toBe('second');
    expect(await nameToMoveTo(done, 'below/scan.pdf', sha256('third'))).toBe('below/scan-3.pdf');
  });

  it('knows a copy that lies there already', async () => {
    const done = join(folder, 'done');
    expect(await nameToMoveTo(done, 'below/scan.pdf', sha256('second'))).toBe('below/scan-2.pdf');
    await moveSource(write('in/scan.pdf', 'second'), join(done, 'below/scan-2.pdf'));
    expect(readdirSync(join(done, 'below')).sort()).toEqual(['scan-2.pdf', 'scan.pdf']);
  });
});
