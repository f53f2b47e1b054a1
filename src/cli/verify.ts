/** `omega verify`: whether an installed bundle is still, file by file, what was released. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { MANIFEST, verifyTree } from './bundle-manifest.js';

/** The bundle's root as seen from `app/dist/cli`, and the key that the installer pinned, beside `versions/`. */
const TREE = fileURLToPath(new URL('../../..', import.meta.url));
const PINNED_KEY = join(TREE, '../../release.pub');

export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description('compare every file of an installed bundle with its manifest, and that with its signature')
    .option('--key <file>', 'public key (PEM) to check the signature with; default: the one pinned at installation')
    .action(async ({ key }: { key?: string }) => {
      process.exitCode = await verifyInstallation(key);
    });
}

async function verifyInstallation(keyFile: string | undefined): Promise<number> {
  const publicKey = keyFile === undefined ? await pinnedKey() : await readFile(keyFile, 'utf8');
  const problems = await verifyTree(TREE, publicKey);
  if (problems.length === 1 && problems[0] === `${MANIFEST}: missing`) {
    throw new Error('This is not an installed bundle: there is nothing to compare its files with');
  }
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  if (problems.length > 0) return 1;
  process.stdout.write(
    `Every file is as released; ${publicKey === undefined ? 'not signed' : 'the signature is right'}.\n`,
  );
  return 0;
}

async function pinnedKey(): Promise<string | undefined> {
  try {
    return await readFile(PINNED_KEY, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
