/** Nodes that share a PostgreSQL store: who is there, and what becomes of the pages of one that is gone. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { NodeDescription } from '../../src/jobs/nodes.js';
import { openPostgresStore, type PostgresStore } from '../../src/jobs/postgres.js';
import { joinNodes, listNodes, type Membership } from '../../src/jobs/postgres-nodes.js';
import type { PageClaim } from '../../src/jobs/store.js';
import { type PostgresServer, postgresPrograms, startPostgres } from '../fixtures/postgres-server.js';
import { LIMITS, newJob, newKey, newPage } from './store.js';

const programs = postgresPrograms();
const AT = 1_000_000;
const LEASE_MS = 1_000;
const HEARTBEAT_MS = 50;

const describeNode = (id: string): NodeDescription => ({
  id,
  host: 'machine',
  role: 'serve',
  version: '1.2.3',
  threads: 2,
  devices: ['cuda:0', 'cuda:1'],
});

describe.runIf(programs !== undefined)('nodes of one database', () => {
  let server: PostgresServer;
  let url: string;
  let stores: PostgresStore[];
  let memberships: Membership[];
  beforeAll(async () => {
    server = await startPostgres(programs as string);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = await server.createDatabase();
    stores = [];
    memberships = [];
  });
  afterEach(async () => {
    for (const membership of memberships) await membership.leave();
    for (const store of stores) await store.close();
    await server.dropDatabase(url);
  });

  async function open(node: string): Promise<PostgresStore> {
    const store = await openPostgresStore({ url, connections: 3, node, leaseMs: LEASE_MS });
    stores.push(store);
    return store;
  }

  const join = async (store: PostgresStore, id: string, onRecovered = () => {}) => {
    const events = {
      onRecovered,
      onError: (error: unknown) => {
        throw error;
      },
    };
    const membership = await joinNodes(store, describeNode(id), () => 0.5, events, HEARTBEAT_MS);
    memberships.push(membership);
    return membership;
  };

  test('pages of a node that is no longer seen are handed out anew, and what it writes late counts for nothing', async () => {
    const [gone, left] = [await open('gone'), await open('left')];
    await gone.createKey(newKey('a'), 100, 'cli');
    const job = newJob('a', 2);
    await gone.acceptJob(job, LIMITS);
    // It says once that it is there, and is never seen again.
    await gone.connection.rows(
      `INSERT INTO nodes (id, host, role, version, threads) VALUES ('gone', 'machine', 'serve', '1', 1)`,
    );
    const lost = await gone.claimPages(2, AT);
    const recovered = vi.fn();
    await join(left, 'left', recovered);
    await vi.waitFor(() => expect(recovered).toHaveBeenCalledOnce(), { timeout: LEASE_MS + 5_000 });

    const taken = await left.claimPages(5, AT);
    expect(taken.map(({ pageIndex, attempt }) => [pageIndex, attempt])).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect(await gone.completePage(lost[0] as PageClaim, newPage(0, 'paddle-structure'), AT)).toBe(false);
    expect(await left.completePage(taken[0] as PageClaim, newPage(0), AT)).toBe(true);
    expect(await gone.failPage(lost[1] as PageClaim, { code: 'page.crashed', message: 'It crashed.' }, AT)).toBe(false);
    expect(await left.getJob('a', job.id)).toMatchObject({ pagesRead: 1, pagesFailed: 0, creditsUsed: 1 });
  });

  test('a node that is seen keeps its pages, however long they take', async () => {
    const [slow, other] = [await open('slow'), await open('other')];
    await slow.createKey(newKey('a'), 100, 'cli');
    await slow.acceptJob(newJob('a', 1), LIMITS);
    await join(slow, 'slow');
    const recovered = vi.fn();
    await join(other, 'other', recovered);
    const [claim] = await slow.claimPages(1, AT);
    await new Promise((resolve) => setTimeout(resolve, 2 * LEASE_MS));
    expect(recovered).not.toHaveBeenCalled();
    expect(await other.claimPages(1, AT)).toEqual([]);
    expect(await slow.completePage(claim as PageClaim, newPage(0), AT)).toBe(true);
  });

  test('nodes are listed with the pages they hold; one that leaves gives them back', async () => {
    const [first, second] = [await open('first'), await open('second')];
    await first.createKey(newKey('a'), 100, 'cli');
    await first.acceptJob(newJob('a', 3), LIMITS);
    const membership = await join(first, 'first');
    await join(second, 'second');
    await first.claimPages(2, AT);
    const held = async () => (await listNodes(second.connection)).map(({ id, pagesHeld }) => [id, pagesHeld]);
    expect(await held()).toEqual([
      ['first', 2],
      ['second', 0],
    ]);
    expect((await listNodes(second.connection))[0]).toMatchObject({ ...describeNode('first'), secondsPerPage: 0.5 });
    await membership.leave();
    expect(await held()).toEqual([['second', 0]]);
    expect(await second.claimPages(5, AT)).toHaveLength(3);
  });
});
