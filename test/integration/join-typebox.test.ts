import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolders } from '../fixtures/models-folder.js';

const ROOT = join(import.meta.dirname, '../..');
const folder = temporaryFolders();

test('a built program reads TypeBox from one file, and goes on doing so when it is joined again', async () => {
  const root = folder();
  mkdirSync(join(root, 'dist/schema'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  const path = join(root, 'dist/schema/port.js');
  writeFileSync(
    path,
    "import { Type } from 'typebox';\nimport { Value } from 'typebox/value';\nexport const isPort = (value) => Value.Check(Type.Integer({ minimum: 0 }), value);\n",
  );
  const joinTypebox = () => promisify(execFile)(process.execPath, [join(ROOT, 'scripts/join-typebox.mjs'), root]);
  await joinTypebox();
  const text = readFileSync(path, 'utf8');
  expect(text).toMatch(
    /^import \{ Type \} from '\.\.\/typebox\/index\.js';\nimport \{ Value \} from '\.\.\/typebox\/value\.js';\n/,
  );
  const { isPort } = await import(pathToFileURL(path).href);
  expect([isPort(80), isPort(-1), isPort('80')]).toEqual([true, false, false]);
  await joinTypebox();
  expect(readFileSync(path, 'utf8')).toBe(text);
});
