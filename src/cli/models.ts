/** `omega models`: what is declared in the manifest, what is installed, and whether it is intact. */
import type { Command } from 'commander';
import { processConfig } from '../config.js';
import { addModel, installedModels, loadManifest, type ModelEntry, verifyModel } from '../engine/models.js';
import { OcrError } from '../errors.js';
import { formatColumns } from './columns.js';

const MEGABYTE = 1_000_000;

export function addModelsCommand(program: Command): void {
  const models = program.command('models').description('list, verify and add models');
  models
    .command('list')
    .description('list the declared models and which of them are installed')
    .action(async () => {
      process.stdout.write(`${await list(processConfig().modelsDir)}\n`);
    });
  models
    .command('verify')
    .description('compare every installed model with its declared sha256')
    .action(async () => {
      const problems = await verifyInstalled(processConfig().modelsDir, (line) => process.stdout.write(`${line}\n`));
      process.exitCode = problems === 0 ? 0 : 1;
    });
  models
    .command('add')
    .description('install a model file that you bring; it is known by its sha256')
    .argument('<file>')
    .action(async (file: string) => {
      const entry = await addModel(processConfig().modelsDir, file);
      process.stdout.write(`${entry.id} is installed.\n`);
    });
}

async function list(modelsDir: string): Promise<string> {
  const manifest = await loadManifest(modelsDir);
  const installed = new Set((await installedModels(modelsDir, manifest)).map(({ id }) => id));
  return formatColumns([
    ['ID', 'TASK', 'TIER', 'MB', 'LICENCE', 'STATE'],
    ...manifest.models.map((entry) => [
      entry.id,
      entry.task,
      entry.tier ?? '',
      entry.bytes === undefined ? '' : (entry.bytes / MEGABYTE).toFixed(1),
      entry.licence,
      installed.has(entry.id) ? 'installed' : isBrought(entry) ? 'bring your own' : 'missing',
    ]),
  ]);
}

/** Says what each model is; a model that is to be brought may be absent. Returns how many are not as declared. */
export async function verifyInstalled(modelsDir: string, say: (line: string) => void): Promise<number> {
  const manifest = await loadManifest(modelsDir);
  let problems = 0;
  for (const entry of manifest.models) {
    try {
      await verifyModel(modelsDir, entry);
      say(`${entry.id}: intact`);
    } catch (error) {
      if (!(error instanceof OcrError)) throw error;
      if (error.code === 'model.missing' && isBrought(entry)) say(`${entry.id}: not installed (bring your own)`);
      else {
        problems += 1;
        say(`${entry.id}: ${error.message}`);
      }
    }
  }
  return problems;
}

function isBrought(entry: ModelEntry): boolean {
  return 'bringYourOwn' in entry.origin;
}
