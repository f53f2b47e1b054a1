/** `omega keys`: API keys, their plans and credits. Works while the server runs. */
import type { Command } from 'commander';
import { type Static, type TObject, Type } from 'typebox';
import { coerceStrings } from '../coerce.js';
import { processConfig } from '../config.js';
import { issueKey } from '../jobs/keys.js';
import type { AuditEntry, Credits, KeyRecord, Store } from '../jobs/store.js';
import { Grant, InitialCredits, KeyName } from '../schema/keys.js';
import { PLAN_NAMES, PlanSchema } from '../schema/plans.js';
import { formatColumns } from './columns.js';

const ACTOR = 'cli';

/** The newest, as many as a terminal shows at once. */
const AUDIT_ENTRIES = 50;

const NewKey = Type.Object({ name: KeyName, plan: PlanSchema, credits: Type.Optional(InitialCredits) });
const NewPlan = Type.Object({ plan: PlanSchema });
const TopUp = Type.Object({ credits: Grant });

/** @throws OcrError request.option-invalid */
function read<Schema extends TObject>(schema: Schema, strings: Readonly<Record<string, string>>): Static<Schema> {
  return coerceStrings(schema, strings, { code: 'request.option-invalid', noun: 'option' });
}

export function addKeysCommand(program: Command): void {
  const keys = program.command('keys').description('create, list and change API keys');
  keys
    .command('create')
    .description('create a key and print it, once')
    .option('-n, --name <name>', 'what the key is for', 'unnamed')
    .option('--admin', 'let the key administer keys and read the queue', false)
    .option('--plan <plan>', PLAN_NAMES.join(', '), 'unlimited')
    .option('--credits <number>', 'credits to start with (default: as many as it takes)')
    .action(({ admin, ...flags }: { name: string; admin: boolean; plan: string; credits?: string }) => {
      const { name, plan, credits } = read(NewKey, flags);
      return withStore(async (store) => {
        const request = { name, role: admin ? 'admin' : 'client', plan, credits } as const;
        const { record, key } = await issueKey(store, request, ACTOR, Date.now());
        process.stderr.write(`Key ${record.id} (${name}). It is shown this once and cannot be recovered:\n`);
        return key;
      });
    });
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
    .argument('<plan>', PLAN_NAMES.join(', '))
    .action((id: string, text: string) => {
      const { plan } = read(NewPlan, { plan: text });
      return withStore(async (store) => {
        await store.setPlan(id, plan, ACTOR, Date.now());
        return `Key ${id} has the plan ${plan}.`;
      });
    });
  keys
    .command('grant')
    .description('add credits to a key; from then on it is refused when they run out')
    .argument('<id>')
    .argument('<credits>', 'how many')
    .action((id: string, text: string) => {
      const { credits } = read(TopUp, { credits: text });
      return withStore(async (store) => {
        const balance = await store.grantCredits(id, credits, ACTOR, Date.now());
        return `Key ${id} has ${balance.available} credits available.`;
      });
    });
  keys
    .command('audit')
    .description('list the newest changes to keys, and who made them')
    .action(() => withStore(async (store) => formatAudit(await store.listAudit(AUDIT_ENTRIES))));
}

async function withStore(work: (store: Store) => Promise<string>): Promise<void> {
  // Loaded when it is needed: most commands know nothing of databases.
  const { openStore } = await import('./open-storage.js');
  const store = await openStore(processConfig());
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

function formatAudit(entries: readonly AuditEntry[]): string {
  return formatColumns([
    ['AT', 'BY', 'CHANGE', 'KEY', 'DETAIL'],
    ...entries.map(({ at, actor, action, keyId, detail }) => [
      new Date(at).toISOString(),
      actor,
      action,
      keyId,
      Object.entries(detail)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    ]),
  ]);
}
