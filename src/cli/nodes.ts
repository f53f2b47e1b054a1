/** `omega nodes`: the servers and workers that share OMEGA_DATABASE_URL. */
import type { Command } from 'commander';
import { processConfig } from '../config.js';
import { OcrError } from '../errors.js';
import type { NodeRecord } from '../jobs/nodes.js';
import { formatColumns } from './columns.js';

export function addNodesCommand(program: Command): void {
  program
    .command('nodes')
    .description('list the servers and workers that share OMEGA_DATABASE_URL')
    .action(async () => {
      const { databaseUrl } = processConfig();
      if (databaseUrl === undefined) {
        throw new OcrError('config.invalid', 'Without OMEGA_DATABASE_URL there is one server, and no other nodes.');
      }
      // Loaded when it is needed: most commands know nothing of databases.
      const [{ openSharedStore }, { listNodes }] = await Promise.all([
        import('./open-storage.js'),
        import('../jobs/postgres-nodes.js'),
      ]);
      const store = await openSharedStore(databaseUrl);
      try {
        process.stdout.write(`${formatNodes(await listNodes(store.connection))}\n`);
      } finally {
        await store.close();
      }
    });
}

function formatNodes(nodes: readonly NodeRecord[]): string {
  if (nodes.length === 0) return 'There are no nodes: "omega serve" and "omega worker" start some.';
  return formatColumns([
    ['ID', 'HOST', 'ROLE', 'VERSION', 'THREADS', 'DEVICES', 'READING', 'SEEN', 'UP'],
    ...nodes.map(({ id, host, role, version, threads, devices, pagesHeld, unseenMs, ageMs }) => [
      id,
      host,
      role,
      version,
      String(threads),
      devices.join(',') || '-',
      String(pagesHeld),
      `${Math.round(unseenMs / 1000)} s ago`,
      `${Math.round(ageMs / 60_000)} min`,
    ]),
  ]);
}
