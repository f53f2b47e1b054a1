/** What the project is licensed under, and whether everything it brings along may be part of it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TEXTS } from '../../src/cli/bundle-licences.js';

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

describe('what is compiled into a package', () => {
  const notices = (file: string) => text(`deploy/bundle/licences/${file}`);
  const headings = (file: string) => [...notices(file).matchAll(/^===== (.+) =====$/gm)].map(([, name]) => name);

  it('has its notices in the bundle, each library of libvips by its name', () => {
    const libraries = Object.keys(json('node_modules/@img/sharp-libvips-linux-x64/versions.json'));
    // It is a part of libvips' own sources.
    expect(headings('libvips-parts.txt')).toEqual([...libraries, 'nsgif'].sort());
    expect(TEXTS['@img/sharp-libvips-linux-x64']).toContain('libvips-parts.txt');
    expect(TEXTS['@img/sharp-libvips-linux-arm64']).toContain('libvips-parts.txt');
  });

  it('has its notices in the bundle, each library that MuPDF carries', () => {
    const libraries = ['brotli', 'freetype', 'gumbo-parser', 'harfbuzz', 'jbig2dec', 'lcms2', 'libjpeg', 'mujs'];
    expect(headings('mupdf-parts.txt')).toEqual([...libraries, 'mupdf', 'openjpeg', 'zlib']);
    expect(TEXTS.mupdf).toEqual(['mupdf-parts.txt']);
  });

  it('has its notices in the bundle, those of ONNX Runtime as its makers wrote them', () => {
    expect(notices('onnxruntime-parts.txt')).toMatch(/^THIRD PARTY SOFTWARE NOTICES AND INFORMATION\n/);
    expect(TEXTS['onnxruntime-node']).toEqual(['onnxruntime.txt', 'onnxruntime-parts.txt']);
  });

  it('is of the version whose notices they are', () => {
    const rows = [...notices('README.md').matchAll(/^\| \S.*\.txt \| (\S+) \| ([\d.]+) \|/gm)];
    expect(rows.length).toBe(4);
    for (const [, name, version] of rows) {
      expect(json('package-lock.json').packages[`node_modules/${name}`].version, name).toBe(version);
    }
  });
});
