import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/jobs/sqlite.js';
import { describeStore } from './store.js';

describeStore('the SQLite store', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'omega-store-'));
  return {
    open: async () => openSqliteStore({ dataDir, role: 'server' }),
    dispose: () => rm(dataDir, { recursive: true }),
  };
});
