/** `omega worker`: the command; the worker itself is put together in `run-worker.ts`. */
import type { Command } from 'commander';
import { processConfig } from '../config.js';

export function addWorkerCommand(program: Command): void {
  program
    .command('worker')
    .description('read pages of the jobs in OMEGA_DATABASE_URL, without serving the API')
    .addHelpText('after', '\nEverything is set by environment variables, as for "omega serve".')
    .action(async () => {
      const config = processConfig();
      const { runWorker } = await import('./run-worker.js');
      await runWorker(config);
    });
}
