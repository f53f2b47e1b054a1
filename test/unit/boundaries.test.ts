/** Who may import whom in src/, as data; the layers know as little of each other as they can. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

type Layer =
  | 'errors'
  | 'coerce'
  | 'schema'
  | 'export'
  | 'engine'
  | 'jobs'
  | 'server'
  | 'config'
  | 'reading'
  | 'index'
  | 'cli'
  | 'console'
  | 'main';

/** What a layer may import beside itself: other layers, or single modules of them. */
const MAY_IMPORT: Record<Layer, readonly string[]> = {
  errors: [],
  coerce: ['errors'],
  schema: ['errors'],
  export: ['schema', 'errors'],
  engine: ['schema', 'errors'],
  jobs: ['schema', 'errors', 'engine/engine'],
  server: ['schema', 'errors', 'coerce', 'jobs', 'export'],
  config: ['schema', 'errors', 'coerce'],
  reading: ['schema', 'errors', 'export', 'engine', 'config'],
  index: ['schema', 'errors', 'coerce', 'export', 'engine', 'reading', 'config'],
  cli: ['schema', 'errors', 'coerce', 'export', 'engine', 'reading', 'jobs', 'server', 'config'],
  console: ['schema', 'export'],
  main: ['cli', 'config', 'errors'],
};

/** Packages that belong to one place, or to a few: the files or folders that may import each. */
const PACKAGE_OWNERS: Record<string, string | readonly string[]> = {
  'onnxruntime-node': 'engine/session',
  mupdf: ['engine/stages/', 'engine/pdf/', 'console/render-worker'],
  sharp: ['engine/stages/', 'engine/pdf/'],
  piscina: 'engine/',
  'better-sqlite3': ['jobs/', 'cli/batch-state'],
  pg: 'jobs/',
  fastify: 'server/',
  '@fastify/multipart': 'server/',
  '@fastify/rate-limit': 'server/',
  '@fastify/static': 'server/',
  '@fastify/swagger': 'server/',
  '@fastify/swagger-ui': 'server/',
  '@fastify/type-provider-typebox': 'server/',
  'prom-client': 'server/',
  'cli-progress': 'cli/',
  preact: 'console/',
  '@preact/signals': 'console/',
};

interface Import {
  /** Module paths below src/, without extension. */
  readonly from: string;
  /** A module path below src/, or a package's name. */
  readonly to: string;
  readonly isPackage: boolean;
}

function sourceFiles(): { module: string; text: string }[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => ({
      module: file.replaceAll('\\', '/').replace(/\.tsx?$/, ''),
      text: readFileSync(join(ROOT, 'src', file), 'utf8'),
    }));
}

/** Static imports and exports, `import()` and `require()`. */
const IMPORT =
  /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|\brequire\s*\(\s*|\brequire\.resolve\s*\(\s*)['"]([^'"]+)['"]/g;

function importsOf({ module, text }: { module: string; text: string }): Import[] {
  const specifiers = [...text.matchAll(IMPORT)].map((match) => match[1] as string);
  return specifiers
    .filter((specifier) => !specifier.startsWith('node:'))
    .map((specifier) => {
      if (!specifier.startsWith('.')) {
        const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
        return { from: module, to: name, isPackage: true };
      }
      const to = posix.join(posix.dirname(module), specifier).replace(/\.js$/, '');
      return { from: module, to, isPackage: false };
    });
}

const files = sourceFiles();
const imports = files.flatMap(importsOf);
const layerOf = (module: string) => module.split('/')[0] as Layer;
const format = ({ from, to }: Import) => `${from} imports ${to}`;

describe('the layers of src/', () => {
  test('every file belongs to a layer of the table', () => {
    expect(files.map(({ module }) => layerOf(module)).filter((layer) => !(layer in MAY_IMPORT))).toEqual([]);
  });

  test('a layer imports only what the table allows it', () => {
    const forbidden = imports.filter(({ from, to, isPackage }) => {
      if (isPackage || to.startsWith('..')) return false;
      const layer = layerOf(from);
      if (layerOf(to) === layer) return false;
      return !MAY_IMPORT[layer].some((allowed) => to === allowed || to.startsWith(`${allowed}/`));
    });
    expect(forbidden.map(format)).toEqual([]);
  });

  test('a package that belongs to one place is imported only there', () => {
    const misplaced = imports.filter(({ from, to, isPackage }) => {
      const owners = isPackage ? PACKAGE_OWNERS[to] : undefined;
      if (owners === undefined) return false;
      return ![owners].flat().some((owner) => (owner.endsWith('/') ? from.startsWith(owner) : from === owner));
    });
    expect(misplaced.map(format)).toEqual([]);
  });

  test('every imported package is declared in package.json', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const undeclared = imports.filter(({ to, isPackage }) => isPackage && !(to in dependencies));
    expect(undeclared.map(format)).toEqual([]);
  });

  test('the threads of the engine load what they work with, and neither schemas nor pools', () => {
    const loaded = new Set<string>();
    const packages = new Set<string>();
    const load = (module: string) => {
      if (loaded.has(module)) return;
      loaded.add(module);
      const file = files.find((candidate) => candidate.module === module);
      for (const { to, isPackage } of file === undefined ? [] : importsOf({ module, text: withoutTypes(file.text) })) {
        if (isPackage) packages.add(to);
        else load(to);
      }
    };
    load('engine/worker');
    expect([...packages].sort()).toEqual(['fastest-levenshtein', 'mupdf', 'onnxruntime-node', 'sharp']);
  });

  test('only engine/native reaches for code outside src/, the addon', () => {
    expect(imports.filter(({ to, isPackage }) => !isPackage && to.startsWith('..')).map(format)).toEqual([
      'engine/native imports ../build/Release/omega.node',
    ]);
  });

  test('only config reads the environment', () => {
    const readers = files.filter(({ text }) => /process\.env\b|process\[['"]env/.test(withoutComments(text)));
    expect(readers.map(({ module }) => module)).toEqual(['config']);
  });
});

/** Imports of types alone are gone when the program runs. */
function withoutTypes(text: string): string {
  return text.replace(/^(import|export) type [^;]*;/gm, '');
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
