/** The manifest of models: what is declared, what is installed, and whether a file is what it claims to be. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { OcrError } from '../errors.js';
import { Tier } from '../schema/document.js';
import { oneOf } from '../schema/one-of.js';
import { MODEL_TASKS, modelPath, SETUP_HINT, tiersOf } from './model-contract.js';

const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** A plain name: the models folder is flat, and nothing outside it is ever named. */
const FileName = Type.String({ pattern: '^[a-z0-9][a-z0-9._-]*$' });

/** A Python package of `packages`, and the path inside its wheel. */
const PackageOrigin = Type.Object({ package: Type.String(), path: Type.String() }, { additionalProperties: false });

/** One value a channel, in the order the model reads them. */
const PerChannel = Type.Tuple([Type.Number(), Type.Number(), Type.Number()]);

/** A fixed size, or null where the model takes any. */
const Shape = Type.Array(Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]));

export const ModelEntry = Type.Object(
  {
    id: Type.String(),
    task: oneOf(MODEL_TASKS),
    tier: Type.Optional(Tier),
    /** File name of the weights in the models folder. */
    file: FileName,
    sha256: Sha256,
    /** Unknown for a file that the operator brings. */
    bytes: Type.Optional(Type.Integer({ minimum: 1 })),
    licence: Type.String(),
    /** Where set-up fetches the file from, or in words what the operator has to bring. */
    origin: Type.Union([PackageOrigin, Type.Object({ bringYourOwn: Type.String() }, { additionalProperties: false })]),
    input: Type.Object({
      name: Type.String(),
      shape: Shape,
      mean: PerChannel,
      std: PerChannel,
      channelOrder: Type.Union([Type.Literal('rgb'), Type.Literal('bgr')]),
    }),
    outputs: Type.Array(Type.Object({ name: Type.String(), shape: Shape })),
    /** Numbers the stages read by name, each with its origin in `models/README.md`. */
    thresholds: Type.Optional(Type.Record(Type.String(), Type.Number())),
    /** Characters of a recognizer, one a line. Its class 0 is the blank and its last class the space; neither is listed. */
    charset: Type.Optional(
      Type.Object(
        { file: FileName, sha256: Sha256, bytes: Type.Integer({ minimum: 1 }), origin: PackageOrigin },
        { additionalProperties: false },
      ),
    ),
    /** Class names of other models, in order. */
    labels: Type.Optional(Type.Array(Type.String())),
  },
  { additionalProperties: false },
);
export type ModelEntry = Static<typeof ModelEntry>;

export const Manifest = Type.Object(
  {
    /** Pinned Python packages by name; `platform` is the wheel's tag where it is not for any. */
    packages: Type.Record(
      Type.String(),
      Type.Object(
        {
          version: Type.String(),
          platform: Type.Optional(Type.String()),
          licence: Type.Object(
            { name: Type.String(), path: Type.String(), sha256: Sha256 },
            { additionalProperties: false },
          ),
        },
        { additionalProperties: false },
      ),
    ),
    models: Type.Array(ModelEntry, { minItems: 1 }),
  },
  { additionalProperties: false },
);
export type Manifest = Static<typeof Manifest>;

/** @throws OcrError model.missing without a manifest, model.invalid where it breaks its schema or contradicts itself */
export async function loadManifest(modelsDir: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(join(modelsDir, 'manifest.json'), 'utf8');
  } catch (cause) {
    throw new OcrError('model.missing', 'manifest.json is not in the models folder.', { cause });
  }
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (cause) {
    throw new OcrError('model.invalid', 'manifest.json is not JSON.', { cause });
  }
  if (!Value.Check(Manifest, manifest)) {
    const error = Value.Errors(Manifest, manifest)[0];
    throw new OcrError('model.invalid', `manifest.json: ${error?.instancePath || '/'} ${error?.message}.`);
  }
  checkReferences(manifest);
  return manifest;
}

/** What a schema cannot say: ids and weights are unique, packages are pinned, a recognizer has a charset. */
function checkReferences({ packages, models }: Manifest): void {
  const seen = new Set<string>();
  for (const entry of models) {
    for (const key of [entry.id, entry.file]) {
      if (seen.has(key)) throw new OcrError('model.invalid', `manifest.json: ${key} is declared twice.`);
      seen.add(key);
    }
    for (const origin of [entry.origin, entry.charset?.origin]) {
      if (origin && 'package' in origin && packages[origin.package] === undefined) {
        throw new OcrError(
          'model.invalid',
          `manifest.json: ${entry.id} comes from the package ${origin.package}, which "packages" does not pin.`,
        );
      }
    }
    if (entry.task === 'recognize' && entry.charset === undefined) {
      throw new OcrError('model.invalid', `manifest.json: ${entry.id} is a recognizer without a charset.`);
    }
  }
}

/** The declared models whose files are in the folder, in the manifest's order. Contents are verified by `verifyModel`. */
export async function installedModels(modelsDir: string, manifest: Manifest): Promise<readonly ModelEntry[]> {
  const present = await Promise.all(
    manifest.models.map(async ({ file, charset }) => {
      const files = charset === undefined ? [file] : [file, charset.file];
      const sizes = await Promise.all(files.map((name) => fileSize(join(modelsDir, name))));
      return sizes.every((size) => size !== undefined);
    }),
  );
  return manifest.models.filter((_, index) => present[index]);
}

/** The largest tier of which both the detector and the recognizer are installed. */
export function largestTier(installed: readonly ModelEntry[]): Tier | undefined {
  return tiersOf(installed).at(-1);
}

/**
 * Reads the model's files once and compares size and sha256 with the manifest.
 * @throws OcrError model.missing, model.invalid
 */
export async function verifyModel(modelsDir: string, entry: ModelEntry): Promise<void> {
  await verifyFile(modelsDir, entry, missingHint(entry));
  if (entry.charset !== undefined) await verifyFile(modelsDir, entry.charset, SETUP_HINT);
}

function missingHint(entry: ModelEntry): string {
  return 'bringYourOwn' in entry.origin
    ? `bring ${entry.origin.bringYourOwn} and run "omega models add FILE"`
    : SETUP_HINT;
}

async function verifyFile(
  modelsDir: string,
  { file, sha256, bytes }: { file: string; sha256: string; bytes?: number },
  hint: string,
): Promise<void> {
  const path = join(modelsDir, file);
  const size = await fileSize(path);
  if (size === undefined) throw new OcrError('model.missing', `${file} is not in the models folder: ${hint}.`);
  if (bytes !== undefined && size !== bytes) {
    throw new OcrError('model.invalid', `${file} has ${size} bytes where the manifest says ${bytes}: ${hint}.`);
  }
  const found = await sha256Of(path);
  if (found !== sha256) {
    throw new OcrError('model.invalid', `${file} has the sha256 ${found} where the manifest says ${sha256}: ${hint}.`);
  }
}

/**
 * Installs a file that the operator brings: it is known by its sha256, whatever its name, and appears in the folder
 * whole or not at all.
 * @throws OcrError model.missing, model.invalid where no declared model has its sha256
 */
export async function addModel(modelsDir: string, file: string): Promise<ModelEntry> {
  const manifest = await loadManifest(modelsDir);
  if ((await fileSize(file)) === undefined) throw new OcrError('model.missing', 'The file to add does not exist.');
  const partial = join(modelsDir, `.adding-${process.pid}`);
  try {
    await copyFile(file, partial);
    const sha256 = await sha256Of(partial);
    const entry = manifest.models.find((candidate) => candidate.sha256 === sha256);
    if (entry === undefined) {
      throw new OcrError('model.invalid', `No declared model has the sha256 ${sha256}: see models/manifest.json.`);
    }
    const handle = await open(partial, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, modelPath(modelsDir, entry));
    return entry;
  } finally {
    await rm(partial, { force: true });
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/** undefined where there is no file of that name. */
async function fileSize(path: string): Promise<number | undefined> {
  try {
    const stats = await stat(path);
    return stats.isFile() ? stats.size : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
