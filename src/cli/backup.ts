/** `omega backup`: a copy of the data directory, while the server runs or not. */
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { processConfig } from '../config.js';
import { backUp } from '../jobs/backup.js';
import { createDirectory, syncDirectory } from '../jobs/directories.js';
import { listTree, MANIFEST, writeManifest } from './bundle-manifest.js';

export function addBackupCommand(program: Command): void {
  program
    .command('backup')
    .description('copy the data directory, while the server runs or not')
    .argument('<dir>', 'folder that does not exist yet; to restore, copy it to where the data directory was')
    .action(async (folder: string) => {
      const { databaseUrl, dataDir } = processConfig();
      if (databaseUrl !== undefined) {
        throw new Error('Jobs are in PostgreSQL (OMEGA_DATABASE_URL): back it up with its own tools, such as pg_dump');
      }
      process.stdout.write(`${await makeBackup(dataDir, resolve(folder))}\n`);
    });
}

/** The folder is there, on the disk, whole or not at all. Returns what is in it, in a sentence. */
async function makeBackup(dataDir: string, folder: string): Promise<string> {
  if (await exists(folder)) throw new Error(`${folder} exists already: name a folder that does not`);
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  try {
    createDirectory(dirname(folder));
    const { openJobs, pdfs } = await backUp(dataDir, partial);
    await writeManifest(partial);
    await syncTree(partial);
    await rename(partial, folder);
    syncDirectory(dirname(folder));
    return `${folder}: the database, uploads of ${openJobs} jobs under way, ${pdfs} searchable PDFs; ${MANIFEST} has their hashes.`;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

async function syncTree(root: string): Promise<void> {
  const { files } = await listTree(root);
  for (const file of files) {
    const handle = await open(join(root, file), 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  for (const folder of new Set(files.map((file) => dirname(join(root, file))))) syncDirectory(folder);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
