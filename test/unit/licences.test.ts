/** What the project is licensed under, and whether everything it brings along may be part of it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const text = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const json = (path: string) => JSON.parse(text(path));

/** Of the FSF's text of 2007, before its addresses became https. */
const AGPL_3_SHA256 = '57c8ff33c9c0cfc3ef00e650a1cc910d7ee479a8bc509f6c9209a7c2a11399d6';

/** Compatible with AGPL-3.0-or-later, as of the FSF's list of licences. */
const COMPATIBLE = [
  ...['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0'],
  ...['LGPL-3.0-or-later', 'AGPL-3.0-or-later'],
  // Of fonts: what is printed or bundled with them keeps its own licence.
  'OFL-1.1',
];

interface LockedPackage {
  readonly dev?: boolean;
  readonly license?: string;
}

function isCompatible(expression: string): boolean {
  const inner = expression.replace(/^\((.*)\)$/, '$1');
  if (inner.includes(' OR ')) return inner.split(' OR ').some((licence) => COMPATIBLE.includes(licence));
  return inner.split(' AND ').every((licence) => COMPATIBLE.includes(licence));
}

describe('the licence', () => {
  it('is the AGPL, word for word, wherever it is named', () => {
    expect(createHash('sha256').update(text('LICENSE')).digest('hex')).toBe(AGPL_3_SHA256);
    expect(json('package.json').license).toBe('AGPL-3.0-or-later');
  });

  it('goes with that of every package that is needed at run time', () => {
    const packages = Object.entries(json('package-lock.json').packages as Record<string, LockedPackage>);
    const others = packages
      .filter(([path, { dev }]) => path !== '' && dev !== true)
      .filter(([, { license = 'none' }]) => !isCompatible(license))
      .map(([path, { license }]) => `${path}: ${license}`);
    expect(others).toEqual([]);
  });

  it('goes with that of every model', () => {
    const { models } = json('models/manifest.json') as { models: { id: string; licence: string }[] };
    expect(models.filter(({ licence }) => !isCompatible(licence)).map(({ id }) => id)).toEqual([]);
  });
});
