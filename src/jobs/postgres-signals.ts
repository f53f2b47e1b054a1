/**
 * Signals by PostgreSQL's NOTIFY, on a connection that does nothing but listen and is made anew when it breaks.
 *
 * They are sent in transactions of their own, several at once: a commit that notifies holds a lock of the whole server
 * until it is synced, so that pages would be stored one by one.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Connection, clientOptions } from './postgres-connection.js';
import type { Signal, Signals } from './signals.js';

export interface PostgresSignals extends Signals {
  close(): Promise<void>;
}

const CHANNEL = 'omega';
/** Signals wait as long for others to be sent with. */
const BATCH_MS = 20;
/** How often everybody looks, whatever was signalled; a connection that broke without a word is found then, too. */
const LOOK_MS = 5_000;
const RECONNECT_MS = 500;
const KINDS = ['pages', 'job', 'cancelled'] as const;

/** `node`: its own signals are not for it. It listens when this resolves. @throws the server's own errors */
export async function openSignals(url: string, connection: Connection, node: string): Promise<PostgresSignals> {
  let listener: (signal: Signal) => void = () => {};
  const closing = new AbortController();
  const waiting = new Set<string>();
  let batch: NodeJS.Timeout | undefined;
  let client = await connectClient();
  const listening = keepListening();

  async function connectClient(): Promise<pg.Client> {
    const made = new pg.Client(clientOptions(url));
    // What breaks it is found by the next look.
    made.on('error', () => {});
    made.on('notification', ({ payload = '' }) => {
      const signal = parse(payload, node);
      if (signal !== undefined) listener(signal);
    });
    await made.connect();
    await made.query(`LISTEN ${CHANNEL}`);
    return made;
  }

  async function keepListening(): Promise<void> {
    while (!closing.signal.aborted) {
      const ended = new Promise<void>((resolve) => client.once('end', resolve));
      const look = delay(LOOK_MS * (0.75 + Math.random() / 2), undefined, { signal: closing.signal });
      await Promise.race([ended, look]).catch(() => {});
      if (closing.signal.aborted) return;
      // Before it is known whether the connection is any good, which may take as long as an answer may.
      listener({ kind: 'missed' });
      try {
        await client.query('SELECT 1');
        continue;
      } catch {
        // It may never end, where nobody answers any more.
        void client.end().catch(() => {});
        await delay(RECONNECT_MS, undefined, { signal: closing.signal }).catch(() => {});
        client = await connectClient().catch(() => client);
      }
      listener({ kind: 'missed' });
    }
  }

  async function flush(): Promise<void> {
    batch = undefined;
    const payloads = [...waiting];
    waiting.clear();
    await connection
      .writeUnsynced((transaction) =>
        transaction.rows('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS sent (payload)', [
          CHANNEL,
          payloads,
        ]),
      )
      // The others look by themselves.
      .catch(() => {});
  }

  return {
    send(signal) {
      waiting.add(`${node} ${signal.kind} ${signal.kind === 'pages' ? '' : signal.jobId}`);
      batch ??= setTimeout(() => void flush(), BATCH_MS);
    },
    listen(heard) {
      listener = heard;
    },
    async close() {
      closing.abort();
      await listening;
      if (batch !== undefined) {
        clearTimeout(batch);
        await flush();
      }
      await client.end().catch(() => {});
    },
  };
}

/** Undefined for what this node sent, and for what a newer release may send. */
function parse(payload: string, node: string): Signal | undefined {
  const [sender, name, jobId = ''] = payload.split(' ');
  const kind = KINDS.find((known) => known === name);
  if (sender === node || kind === undefined) return undefined;
  return kind === 'pages' ? { kind } : { kind, jobId };
}
