/** The table of the environment variables in docs/operations.md, from their one schema: `npm run reference`. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeGeneratedPart } from './generated-part.mjs';
import { markdownTable } from './markdown-table.mjs';
import { ROOT } from './root.mjs';

const cell = (text) => text.replaceAll('|', '\\|');

/** @param reference what `configReference()` gives */
export function configTable(reference) {
  const rows = reference.map(({ name, type, default: value, description }) => [
    `\`${name}\``,
    type,
    value,
    description,
  ]);
  return markdownTable(
    ['variable', 'type', 'default', ''],
    rows.map((row) => row.map(cell)),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { configReference } = await import('../dist/config.js');
  writeGeneratedPart(join(ROOT, 'docs/operations.md'), configTable(configReference()));
}
