/**
 * What a thread that runs a model needs of its declaration. Apart from `models.ts`, whose schema takes a third of a
 * second to load: a thread is given checked declarations.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OcrError } from '../errors.js';
import { TIERS, type Tier } from '../schema/tiers.js';
import type { ModelEntry } from './models.js';

/** What to do about a file that set-up fetches. */
export const SETUP_HINT = 'run "npm run setup"';

export const MODEL_TASKS = [
  'detect',
  'recognize',
  'layout',
  'table',
  'page-orientation',
  'line-orientation',
  'seal',
] as const;
export type ModelTask = (typeof MODEL_TASKS)[number];

/** From the smallest to the largest, those whose detector and recognizer are both installed. */
export function tiersOf(installed: readonly ModelEntry[]): readonly Tier[] {
  const has = (task: ModelTask, tier: Tier) => installed.some((entry) => entry.task === task && entry.tier === tier);
  return TIERS.filter((tier) => has('detect', tier) && has('recognize', tier));
}

/** Those that pages may be read by: a detector without its recognizer is never run, nor the other way round. */
export function usableModels(installed: readonly ModelEntry[]): readonly ModelEntry[] {
  const tiers = tiersOf(installed);
  return installed.filter(({ tier }) => tier === undefined || tiers.includes(tier));
}

export function modelPath(modelsDir: string, entry: ModelEntry): string {
  return join(modelsDir, entry.file);
}

/** What onnxruntime tells of an input or output; a dimension is a string where the model leaves it open. */
export interface TensorMetadata {
  readonly name: string;
  /** Absent where the value is no tensor. */
  readonly shape?: readonly (number | string)[];
}

/**
 * Compares what a loaded model takes and gives with what the manifest declares.
 *
 * An input dimension declared fixed may be open in the model; one declared open must be. An output dimension declared
 * fixed (channels, classes) must be fixed in the model to the same number.
 * @throws OcrError model.invalid
 */
export function checkContract(
  entry: ModelEntry,
  inputs: readonly TensorMetadata[],
  outputs: readonly TensorMetadata[],
): void {
  checkTensors(entry.id, 'input', [entry.input], inputs, (declared, found) =>
    declared === null ? typeof found === 'string' : found === declared || typeof found === 'string',
  );
  checkTensors(
    entry.id,
    'output',
    entry.outputs,
    outputs,
    (declared, found) => declared === null || found === declared,
  );
}

function checkTensors(
  id: string,
  side: 'input' | 'output',
  declared: readonly { name: string; shape: readonly (number | null)[] }[],
  found: readonly TensorMetadata[],
  fits: (declared: number | null, found: number | string | undefined) => boolean,
): void {
  const names = (tensors: readonly { name: string }[]) => tensors.map(({ name }) => name).join(', ') || 'none';
  if (found.length !== declared.length) {
    throw new OcrError(
      'model.invalid',
      `${id}: expected the ${side}s ${names(declared)}; the model has ${names(found)}.`,
    );
  }
  for (const { name, shape } of declared) {
    const tensor = found.find((candidate) => candidate.name === name);
    if (tensor === undefined) {
      throw new OcrError('model.invalid', `${id}: expected the ${side} ${name}; the model has ${names(found)}.`);
    }
    const dims = tensor.shape ?? [];
    if (dims.length !== shape.length || !shape.every((size, axis) => fits(size, dims[axis]))) {
      throw new OcrError(
        'model.invalid',
        `${id}: expected the ${side} ${name} to be ${formatShape(shape)}; the model has ${formatShape(dims)}.`,
      );
    }
  }
}

function formatShape(shape: readonly (number | string | null)[]): string {
  return `[${shape.map((size) => (typeof size === 'number' ? size : '?')).join(', ')}]`;
}

/**
 * The text of each class of a recognizer: '' for the blank (class 0), then the charset's lines, then the space.
 * @throws OcrError model.missing, model.invalid where the count is not the recognizer's class count
 */
export async function loadCharset(modelsDir: string, entry: ModelEntry): Promise<readonly string[]> {
  if (entry.charset === undefined) throw new OcrError('model.invalid', `${entry.id} declares no charset.`);
  const { file } = entry.charset;
  let text: string;
  try {
    text = await readFile(join(modelsDir, file), 'utf8');
  } catch (cause) {
    throw new OcrError('model.missing', `${file} is not in the models folder: ${SETUP_HINT}.`, { cause });
  }
  // Not /\s/: the ideographic space (U+3000) is a character of the charset.
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const classes = entry.outputs[0]?.shape.at(-1);
  if (lines.length + 2 !== classes) {
    throw new OcrError(
      'model.invalid',
      `${entry.id} has ${classes} classes where ${file} gives ${lines.length + 2}: ${lines.length} characters, the blank and the space.`,
    );
  }
  return ['', ...lines, ' '];
}
