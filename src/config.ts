/**
 * The environment as one typed value, and the only reader of `process.env`.
 *
 * A member `maxUploadBytes` is the variable `OMEGA_MAX_UPLOAD_BYTES`. The reference in the documentation and
 * `--help` are made from `configReference()`.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Static, type TSchema, Type } from 'typebox';
import { coerceStrings, unknownName } from './coerce.js';
import { OcrError } from './errors.js';
import { oneOf } from './schema/one-of.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const METRICS_ACCESS = ['open', 'admin', 'off'] as const;

export const Config = Type.Object(
  {
    host: Type.String({
      default: '127.0.0.1',
      minLength: 1,
      description: 'Address to listen on; 0.0.0.0 for every interface.',
    }),
    port: Type.Integer({
      default: 8080,
      minimum: 0,
      maximum: 65_535,
      description: 'Port to listen on; 0 for any free one.',
    }),
    dataDir: Type.String({
      default: './data',
      minLength: 1,
      description: 'Folder of the database and the uploads; created when missing.',
    }),
    // A secret: it may hold a password.
    databaseUrl: Type.Optional(
      Type.String({
        description: 'postgres://user:password@host:port/database, for several nodes that share their work.',
      }),
    ),
    modelsDir: Type.String({
      default: fileURLToPath(new URL('../models', import.meta.url)),
      minLength: 1,
      description: 'Folder of the model files and their manifest.',
    }),
    threads: Type.Integer({
      default: availableParallelism(),
      minimum: 1,
      maximum: 1024,
      description: 'Pages read at the same time, one a thread.',
    }),
    devices: Type.String({
      default: 'cpu',
      minLength: 1,
      description:
        'What models run on: cpu, cuda:0, several as in cuda:0,cuda:1, or cuda:all. One engine process each.',
    }),
    maxUploadBytes: Type.Integer({
      default: 200 * MIB,
      minimum: 1,
      description: 'Largest document accepted.',
    }),
    maxPages: Type.Integer({
      default: 2_000,
      minimum: 1,
      description: 'Most pages accepted in one job.',
    }),
    // A3 at 600 dpi is 70 million pixels.
    maxPagePixels: Type.Integer({
      default: 80_000_000,
      minimum: 1,
      description: 'Largest page image decoded or rendered, in pixels.',
    }),
    pageTimeoutMs: Type.Integer({
      default: 60_000,
      minimum: 100,
      description: 'Longest time one page may take, in milliseconds.',
    }),
    // The PDF library's own heap may reach 2 GiB before it gives up.
    engineMemoryBytes: Type.Integer({
      default: 4 * GIB,
      minimum: 256 * MIB,
      description: 'The engine process is replaced when it grows past this.',
    }),
    maxQueuedPages: Type.Integer({
      default: 10_000,
      minimum: 1,
      description: 'Pages waiting in all jobs together from which on submissions are refused with 429.',
    }),
    resultRetentionHours: Type.Integer({
      default: 168,
      minimum: 1,
      description: 'Hours after which the results of an ended job are erased.',
    }),
    logLevel: oneOf(LOG_LEVELS, { default: 'info', description: 'Least severe log entries that are written.' }),
    metrics: oneOf(METRICS_ACCESS, {
      default: 'open',
      description: 'Who may read /metrics: open, anyone; admin, the admin key only; off, nobody.',
    }),
  },
  { additionalProperties: false },
);
export type Config = Readonly<Static<typeof Config>>;

const PREFIX = 'OMEGA_';

/** What set-up alone reads (`scripts/setup.mjs`), in the environment that it and the program are started with. */
const SETUP_VARIABLES: readonly string[] = ['OMEGA_CUDA'];

/** `maxUploadBytes` -> `OMEGA_MAX_UPLOAD_BYTES`. */
export function variableName(member: string): string {
  return PREFIX + member.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

const MEMBERS = Object.keys(Config.properties) as (keyof Config)[];
const VARIABLES = MEMBERS.map(variableName);
const BY_VARIABLE = Type.Object(
  Object.fromEntries(MEMBERS.map((member) => [variableName(member), Config.properties[member] as TSchema])),
);

/**
 * Pure. An empty variable counts as absent, as shells and container files cannot unset one.
 * @throws OcrError config.invalid: an unknown `OMEGA_*` variable or a bad value
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.entries(environment).flatMap(([name, value]) =>
    name.startsWith(PREFIX) && !SETUP_VARIABLES.includes(name) && value !== undefined && value !== ''
      ? [[name, value] as const]
      : [],
  );
  const misspelled = given.find(([name]) => !VARIABLES.includes(name));
  if (misspelled) throw new OcrError('config.invalid', unknownName('variable', misspelled[0], VARIABLES));
  const values = coerceStrings(BY_VARIABLE, Object.fromEntries(given), { code: 'config.invalid', noun: 'variable' });
  const config = Object.fromEntries(
    MEMBERS.map((member) => [member, (values as Record<string, unknown>)[variableName(member)]]),
  ) as Config;
  if (config.databaseUrl !== undefined && !isPostgresUrl(config.databaseUrl)) {
    // Without what came: it may hold a password.
    throw new OcrError(
      'config.invalid',
      'Variable "OMEGA_DATABASE_URL" must be a URL like postgres://user:password@host:port/database.',
    );
  }
  return config;
}

function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:\/\/./.test(text) && URL.canParse(text);
}

/** The configuration of this process. @throws OcrError config.invalid */
export function processConfig(): Config {
  return loadConfig(process.env);
}

/**
 * What the engine process may know of the environment: where programs and temporary files are, how text and time are
 * written, and how Node and the native libraries are to run. No setting of the server's, and none of its secrets.
 */
const ENGINE_VARIABLES = /^(PATH|HOME|TMPDIR|LANG|TZ|NODE_OPTIONS|LD_LIBRARY_PATH|CUDA_.+)$/;

/** Pure. The part of an environment that the engine process is given. */
export function engineEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && ENGINE_VARIABLES.test(name) ? [[name, value] as const] : [],
    ),
  );
}

/** Of this process. */
export function processEngineEnvironment(): Readonly<Record<string, string>> {
  return engineEnvironment(process.env);
}

export interface ConfigVariable {
  readonly name: string;
  readonly type: string;
  readonly default: string;
  readonly description: string;
}

/** One row a variable, for `--help` and the documentation. Defaults that depend on the machine are described. */
export function configReference(): readonly ConfigVariable[] {
  return MEMBERS.map((member) => {
    const schema: TSchema & { default?: unknown; description?: string } = Config.properties[member];
    return {
      name: variableName(member),
      type: Type.IsInteger(schema) ? 'integer' : Type.IsUnion(schema) ? literalNames(schema) : 'text',
      default: MACHINE_DEFAULTS[member] ?? String(schema.default),
      description: schema.description ?? '',
    };
  });
}

/** Those that depend on the machine, or are none. */
const MACHINE_DEFAULTS: Partial<Record<keyof Config, string>> = {
  modelsDir: 'models, in the program folder',
  threads: 'number of cores',
  databaseUrl: 'none: SQLite in OMEGA_DATA_DIR',
};

function literalNames(schema: TSchema): string {
  const members = Type.IsUnion(schema) ? schema.anyOf : [];
  return members.flatMap((member) => (Type.IsLiteral(member) ? [String(member.const)] : [])).join(' | ');
}
