/**
 * Inference sessions: the only importer of onnxruntime-node. A thread has sessions of its own, since `run` computes in
 * the calling thread; two threads of one inference thread each read more pages than one of two.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { OcrError } from '../errors.js';
import type { Tier } from '../schema/document.js';
import { cudaProblem } from './cuda-libraries.js';
import type { Device } from './devices.js';
import { checkContract, loadCharset, type ModelTask, tiersOf, usableModels } from './model-contract.js';
import { loadWeights } from './model-weights.js';
import type { ModelEntry } from './models.js';
import type { ShapeGrid } from './shape-grid.js';
import type { Turnstile } from './turnstile.js';

export interface SessionOptions {
  /** Inference threads of one session. */
  readonly threads: number;
  readonly device: Device;
  /** Whether models are computed in bytes where they are prepared for it; on the CPU alone. */
  readonly int8?: boolean;
  /** What inferences pass through: on the CPU those on large inputs, on a GPU all. Absent where a thread is alone. */
  readonly turnstile?: Turnstile;
  /** The only shapes that a model will be run on, where each is prepared for; absent where it takes any. */
  readonly gridOf?: (entry: ModelEntry) => ShapeGrid;
  /** Called when a shape of a grid was prepared for. */
  readonly onPrepared?: () => void;
}

export interface TensorData {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

export interface Model {
  readonly entry: ModelEntry;
  /** The shapes it takes; any where absent. */
  readonly grid?: ShapeGrid;
  /** One input in, all outputs out, in the order of `entry.outputs`. The outputs are the caller's to keep. */
  run(data: Float32Array, dims: readonly number[]): Promise<readonly TensorData[]>;
  close(): Promise<void>;
}

export interface Recognizer extends Model {
  /** Text of each class; class 0, the blank, is ''. */
  readonly charset: readonly string[];
}

/** The models of one thread, each loaded when it is first asked for and kept. */
export interface Models {
  /** From the smallest to the largest; a tier is installed when both its detector and its recognizer are. */
  readonly installedTiers: readonly [Tier, ...Tier[]];
  /** @throws OcrError model.missing, model.invalid */
  detector(tier: Tier): Promise<Model>;
  /** @throws OcrError model.missing, model.invalid */
  recognizer(tier: Tier): Promise<Recognizer>;
  /** Of the tier's recognizer, which need not be loaded for it. @throws OcrError model.missing, model.invalid */
  charset(tier: Tier): Promise<readonly string[]>;
  /** @throws OcrError model.missing, model.invalid */
  load(task: Exclude<ModelTask, 'detect' | 'recognize'>): Promise<Model>;
  /** Every model that a page may be read by, loaded one after another. @throws OcrError model.invalid, engine.unavailable */
  loadAll(): Promise<readonly Model[]>;
  /**
   * The same models in sessions of so many inference threads, loaded beside the others when they are first asked for.
   * The smallest tier stays as it is: its layers are too short to be shared out.
   */
  withThreads(threads: number): Models;
  /** All of them, however many threads they have. */
  close(): Promise<void>;
}

/** @throws OcrError model.missing where not one detector with its recognizer is installed */
export function openModels(modelsDir: string, installed: readonly ModelEntry[], options: SessionOptions): Models {
  const [smallest, ...larger] = tiersOf(installed);
  if (smallest === undefined) {
    throw new OcrError(
      'model.missing',
      'No detector with its recognizer is in the models folder: run "npm run setup".',
    );
  }
  const loaded = new Map<string, Promise<Model>>();
  const charsets = new Map<string, Promise<readonly string[]>>();

  const find = (task: ModelTask, tier?: Tier): ModelEntry => {
    const entry = installed.find((candidate) => candidate.task === task && candidate.tier === tier);
    if (entry !== undefined) return entry;
    throw new OcrError(
      'model.missing',
      `No ${tier === undefined ? '' : `${tier} `}model of the task ${task} is installed.`,
    );
  };
  const once = <T extends Model>(
    entry: ModelEntry,
    threads: number,
    load: (options: SessionOptions) => Promise<T>,
  ): Promise<T> => {
    const sessionThreads = entry.tier === smallest ? options.threads : threads;
    const key = `${entry.id} ${sessionThreads}`;
    let model = loaded.get(key) as Promise<T> | undefined;
    if (model === undefined) {
      model = load({ ...options, threads: sessionThreads });
      loaded.set(key, model);
    }
    return model;
  };
  const charsetOf = (entry: ModelEntry): Promise<readonly string[]> => {
    const charset = charsets.get(entry.id) ?? loadCharset(modelsDir, entry);
    charsets.set(entry.id, charset);
    return charset;
  };

  const withThreads = (threads: number): Models => {
    const load = (entry: ModelEntry) => once(entry, threads, (session) => loadModel(modelsDir, entry, session));
    const loadRecognizer = (entry: ModelEntry) =>
      once(entry, threads, async (session) => {
        const [model, charset] = await Promise.all([loadModel(modelsDir, entry, session), charsetOf(entry)]);
        return { ...model, charset };
      });
    return {
      installedTiers: [smallest, ...larger],
      detector: async (tier) => load(find('detect', tier)),
      recognizer: async (tier) => loadRecognizer(find('recognize', tier)),
      charset: async (tier) => charsetOf(find('recognize', tier)),
      load: async (task) => load(find(task)),
      async loadAll() {
        const all: Model[] = [];
        for (const entry of usableModels(installed)) {
          all.push(await (entry.task === 'recognize' ? loadRecognizer(entry) : load(entry)));
        }
        return all;
      },
      withThreads,
      async close() {
        const models = await Promise.allSettled(loaded.values());
        loaded.clear();
        await Promise.all(models.map((model) => (model.status === 'fulfilled' ? model.value.close() : undefined)));
      },
    };
  };
  return withThreads(options.threads);
}

/**
 * From a million pixels on, an inference is large: a detector takes about 180 bytes a pixel of its input while it runs,
 * several times as much as all else that a thread holds.
 */
const LARGE_INPUT = 3_000_000;

/**
 * With a grid, each of its shapes has a session that has run once: what a shape costs at first is paid here.
 * @throws OcrError model.invalid where the weights cannot be loaded, or are not what the manifest declares;
 *   engine.unavailable where CUDA cannot
 */
export async function loadModel(modelsDir: string, entry: ModelEntry, options: SessionOptions): Promise<Model> {
  const grid = options.gridOf?.(entry);
  return grid === undefined
    ? loadFreeModel(modelsDir, entry, options)
    : loadGridModel(grid, entry, () => loadFreeModel(modelsDir, entry, options), options.onPrepared);
}

async function loadFreeModel(modelsDir: string, entry: ModelEntry, options: SessionOptions): Promise<Model> {
  const session = await createSession(modelsDir, entry, options);
  try {
    checkContract(entry, shapesOf(session.inputMetadata), shapesOf(session.outputMetadata));
  } catch (error) {
    await session.release();
    throw error;
  }
  return {
    entry,
    async run(data, dims) {
      const infer = () => session.run({ [entry.input.name]: new Tensor('float32', data, dims) });
      const { turnstile, device } = options;
      const passes = turnstile !== undefined && (device !== 'cpu' || data.length >= LARGE_INPUT);
      const results = await (passes ? turnstile.pass(infer) : infer());
      return entry.outputs.map(({ name }) => {
        const tensor = results[name] as Tensor;
        return { data: tensor.data as Float32Array, dims: tensor.dims };
      });
    },
    close: () => session.release(),
  };
}

/** The largest shape first: where memory is short it is told at once. */
async function loadGridModel(
  grid: ShapeGrid,
  entry: ModelEntry,
  load: () => Promise<Model>,
  onPrepared: (() => void) | undefined,
): Promise<Model> {
  const prepared = new Map<string, Model>();
  const close = async () => {
    await Promise.all([...prepared.values()].map((model) => model.close()));
  };
  try {
    for (const dims of grid.toReversed()) {
      const model = await load();
      prepared.set(dims.join(), model);
      await model.run(new Float32Array(dims.reduce((product, size) => product * size, 1)), dims);
      onPrepared?.();
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    entry,
    grid,
    async run(data, dims) {
      const model = prepared.get(dims.join());
      if (model === undefined) throw new Error(`${entry.id} was not prepared for ${dims.join(' × ')}.`);
      return model.run(data, dims);
    },
    close,
  };
}

async function createSession(modelsDir: string, entry: ModelEntry, options: SessionOptions): Promise<InferenceSession> {
  try {
    return await openSession(await loadWeights(modelsDir, entry, options), {
      // Alone in the list: a CUDA that does not load is an error, never a silent CPU.
      executionProviders: [providerOf(options.device)],
      executionMode: 'sequential',
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      // With shapes that vary, the pattern of every one of them would be kept.
      enableMemPattern: false,
      // ONNX Runtime's arena keeps the most that any shape ever needed, session by session. The allocator below it,
      // which all share, gives back and is as fast (supervisor.ts).
      enableCpuMemArena: false,
      // Idle threads would spin on the cores that other pages are read on.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      // Errors; the warnings are about optimizations.
      logSeverityLevel: 3,
    });
  } catch (cause) {
    if (isCudaFailure(cause)) {
      throw new OcrError(
        'engine.unavailable',
        `${options.device} was asked for and CUDA did not load: ${cudaProblem()}`,
        {
          cause,
        },
      );
    }
    throw new OcrError('model.invalid', `${entry.id} could not be loaded on ${nameOf(options.device)}.`, { cause });
  }
}

/** ONNX Runtime has a signature for paths and one for bytes, and none for either. */
function openSession(
  weights: string | Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  return typeof weights === 'string'
    ? InferenceSession.create(weights, options)
    : InferenceSession.create(weights, options);
}

function providerOf(device: Device): InferenceSession.ExecutionProviderConfig {
  return device === 'cpu' ? device : { name: 'cuda', deviceId: Number(device.slice('cuda:'.length)) };
}

function nameOf(device: Device): string {
  return device === 'cpu' ? 'the CPU' : device;
}

/** Of the provider itself: its library, the driver, or a device that is not there. */
function isCudaFailure(cause: unknown): boolean {
  return cause instanceof Error && /ExecutionProvider_Cuda|CUDA failure|providers_cuda/i.test(cause.message);
}

function shapesOf(metadata: readonly InferenceSession.ValueMetadata[]) {
  return metadata.map((value) => (value.isTensor ? { name: value.name, shape: value.shape } : { name: value.name }));
}
