/** `omega keys`: API keys, their plans and credits. Works while the server runs. */
import { type Command, InvalidArgumentError } from 'commander';
import { nearestName } from '../coerce.js';
import { processConfig } from '../config.js';
import { openSqliteStore } from '../jobs/sqlite.js';
import type { Credits, KeyRecord, Store } from '../jobs/store.js';
import { PLAN_NAMES, type Plan } from '../schema/plans.js';
import { formatColumns } from './columns.js';
import { createKey } from './create-key.js';

const ACTOR = 'cli';

export function addKeysCommand(program: Command): void {
  const keys = program.command('keys').description('create, list and change API keys');
  keys
    .command('create')
    .description('create a key and print it, once')
    .option('-n, --name <name>', 'what the key is for', 'unnamed')
    .option('--admin', 'let the key administer keys and read the queue', false)
    .option('--plan <plan>', PLAN_NAMES.join(', '), parsePlan, 'unlimited')
    .option('--credits <number>', 'credits to start with (default: as many as it takes)', parseCredits)
    .action(({ name, admin, plan, credits }: { name: string; admin: boolean; plan: Plan; credits?: number }) =>
      withStore(async (store) => {
        const { id, key } = await createKey(store, { name, role: admin ? 'admin' : 'client', plan, credits });
        process.stderr.write(`Key ${id} (${name}). It is shown this once and cannot be recovered:\n`);
        return key;
      }),
    );
  keys
    .command('list')
    .description('list keys with their plans and credits')
    .action(() => withStore(async (store) => formatKeys(await store.listKeys())));
  keys
    .command('revoke')
    .description('make a key invalid, for good')
    .argument('<id>')
    .action((id: string) =>
      withStore(async (store) => {
        await store.revokeKey(id, ACTOR, Date.now());
        return `Key ${id} is revoked.`;
      }),
    );
  keys
    .command('plan')
    .description('set how many requests a key may make')
    .argument('<id>')
    .argument('<plan>', PLAN_NAMES.join(', '), parsePlan)
    .action((id: string, plan: Plan) =>
      withStore(async (store) => {
        await store.setPlan(id, plan, ACTOR, Date.now());
        return `Key ${id} has the plan ${plan}.`;
      }),
    );
  keys
    .command('grant')
    .description('add credits to a key; from then on it is refused when they run out')
    .argument('<id>')
    .argument('<credits>', 'how many', parseCredits)
    .action((id: string, credits: number) =>
      withStore(async (store) => {
        const balance = await store.grantCredits(id, credits, ACTOR, Date.now());
        return `Key ${id} has ${balance.available} credits available.`;
      }),
    );
}

async function withStore(work: (store: Store) => Promise<string>): Promise<void> {
  const store = openSqliteStore({ dataDir: processConfig().dataDir, role: 'admin' });
  try {
    process.stdout.write(`${await work(store)}\n`);
  } finally {
    await store.close();
  }
}

function formatKeys(keys: readonly (KeyRecord & { readonly credits: Credits })[]): string {
  if (keys.length === 0) return 'There are no keys yet: "omega keys create" makes one.';
  return formatColumns([
    ['ID', 'NAME', 'ROLE', 'PLAN', 'AVAILABLE', 'RESERVED', 'USED', 'CREATED', 'STATE'],
    ...keys.map(({ id, name, role, plan, metered, credits, createdAt, revokedAt }) => [
      id,
      name,
      role,
      plan,
      metered ? String(credits.available) : 'unmetered',
      String(credits.reserved),
      String(credits.used),
      new Date(createdAt).toISOString().slice(0, 10),
      revokedAt === undefined ? 'valid' : 'revoked',
    ]),
  ]);
}

function parsePlan(text: string): Plan {
  const plan = PLAN_NAMES.find((name) => name === text);
  if (plan !== undefined) return plan;
  const nearest = nearestName(text, PLAN_NAMES);
  throw new InvalidArgumentError(
    `It must be one of ${PLAN_NAMES.join(', ')}${nearest === undefined ? '' : ` (did you mean "${nearest}"?)`}.`,
  );
}

function parseCredits(text: string): number {
  if (/^[1-9]\d{0,11}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
}
