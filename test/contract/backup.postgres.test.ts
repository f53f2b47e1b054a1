/** A backup of a PostgreSQL database by its own tools, as docs/scaling.md says: taken while nodes are at work. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLocalCopies } from '../../src/jobs/local-copies.js';
import { openPostgresStore } from '../../src/jobs/postgres.js';
import { openPostgresUploads } from '../../src/jobs/postgres-uploads.js';
import type { PageClaim } from '../../src/jobs/store.js';
import { type PostgresServer, postgresPrograms, startPostgres } from '../fixtures/postgres-server.js';
import { LIMITS, newJob, newKey, newPage } from './store.js';

const programs = postgresPrograms();
const hasTools = spawnSync('pg_dump', ['--version']).status === 0;
if (!hasTools) process.stderr.write('\nSKIPPED: there is no pg_dump: backups of PostgreSQL are not tried.\n');

describe.runIf(programs !== undefined && hasTools)('a backup of a PostgreSQL database', () => {
  let server: PostgresServer;
  let folder: string;
  beforeAll(async () => {
    server = await startPostgres(programs as string);
    folder = mkdtempSync(join(tmpdir(), 'omega-dump-'));
  });
  afterAll(() => {
    server.stop();
    rmSync(folder, { recursive: true });
  });

  async function open(url: string, node: string) {
    const store = await openPostgresStore({ url, connections: 2, node, leaseMs: 30_000 });
    const directory = join(folder, node);
    const copies = openLocalCopies({ directory, idleMs: 60_000, maxIdleBytes: 1_000_000 });
    return { store, uploads: openPostgresUploads(store.connection, copies, 1_000_000) };
  }

  test('has the jobs under way with their documents, and they are finished to the credit', async () => {
    const from = await server.createDatabase();
    const { store, uploads } = await open(from, 'before');
    await store.createKey(newKey('a'), 100, 'cli');
    const { name: uploadName } = await uploads.receive(Readable.from([Buffer.from('the document')]));
    const { job } = await store.acceptJob(newJob('a', 2, { uploadName }), LIMITS);
    const [first, second] = (await store.claimPages(2, 1)) as [PageClaim, PageClaim];
    await store.completePage(first, newPage(0), 1);
    const dump = join(folder, 'dump');
    execFileSync('pg_dump', ['--format=custom', '--schema=omega', `--file=${dump}`, from]);
    // What happens afterwards is no part of it.
    await store.completePage(second, newPage(1), 1);
    await store.close();

    const to = await server.createDatabase();
    execFileSync('pg_restore', ['--exit-on-error', '--no-owner', `--dbname=${to}`, dump]);
    const after = await open(to, 'after');
    expect(await after.store.recoverPages()).toBe(1);
    const [claim] = (await after.store.claimPages(5, 2)) as [PageClaim];
    expect([claim.pageIndex, claim.uploadName]).toEqual([1, uploadName]);
    expect(await after.uploads.lend(uploadName, async (path) => readFileSync(path, 'utf8'))).toBe('the document');
    expect(await after.store.completePage(claim, newPage(1), 2)).toBe(true);
    expect(await after.store.getJob('a', job.id)).toMatchObject({ status: 'completed', pagesRead: 2, creditsUsed: 2 });
    expect(await after.store.credits('a')).toEqual({ granted: 100, available: 98, reserved: 0, used: 2 });
    await after.store.close();
  });
});
