/**
 * Makes one file of TypeBox, whose seven hundred take a quarter of a second to find and read, and has the built program
 * import that one. The program works without it as well, as after a bare `tsc`; it then starts that much later.
 *
 *     node scripts/join-typebox.mjs ROOT
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { build } from 'vite';

/** Of dist/. */
const FOLDER = 'typebox';

/** The package's entries that the program imports, and the file each becomes. */
const ENTRIES = { typebox: 'index', 'typebox/value': 'value', 'typebox/compile': 'compile' };

const dist = join(process.argv[2], 'dist');

await build({
  root: process.argv[2],
  configFile: false,
  logLevel: 'error',
  ssr: { noExternal: true },
  build: {
    ssr: true,
    outDir: join(dist, FOLDER),
    minify: false,
    rollupOptions: {
      input: Object.fromEntries(Object.entries(ENTRIES).map(([entry, name]) => [name, entry])),
      output: { entryFileNames: '[name].js', chunkFileNames: 'shared.js' },
    },
  },
});

for (const entry of readdirSync(dist, { withFileTypes: true, recursive: true })) {
  const path = join(entry.parentPath, entry.name);
  const [top] = relative(dist, path).split(sep);
  if (!entry.isFile() || !path.endsWith('.js') || top === FOLDER || top === 'console') continue;
  const text = readFileSync(path, 'utf8');
  const joined = text.replace(/(?<=^(?:import|export) .*from ')typebox(?:\/\w+)?(?=';$)/gm, (specifier) => {
    const name = ENTRIES[specifier];
    if (name === undefined)
      throw new Error(`${specifier} is imported by ${entry.name} and is no entry of ${import.meta.url}`);
    const target = relative(dirname(path), join(dist, FOLDER, `${name}.js`)).replaceAll(sep, '/');
    return target.startsWith('.') ? target : `./${target}`;
  });
  if (joined !== text) writeFileSync(path, joined);
}
