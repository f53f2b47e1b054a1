/**
 * Inference sessions: the only importer of onnxruntime-node. A thread has sessions of its own, since `run` computes in
 * the calling thread; two threads of one inference thread each read more pages than one of two.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { OcrError } from '../errors.js';
import type { Tier } from '../schema/document.js';
import { cudaProblem } from './cuda-libraries.js';
import type { Device } from './devices.js';
import { checkContract, loadCharset, type ModelTask, modelPath, tiersOf } from './model-contract.js';
import type { ModelEntry } from './models.js';
import type { Turnstile } from './turnstile.js';

export interface SessionOptions {
  /** Inference threads of one session. */
  readonly threads: number;
  readonly device: Device;
  /** What inferences on large inputs pass through; absent where a thread is alone. */
  readonly turnstile?: Turnstile;
}

export interface TensorData {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

export interface Model {
  readonly entry: ModelEntry;
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
  const once = <T extends Model>(entry: ModelEntry, load: () => Promise<T>): Promise<T> => {
    let model = loaded.get(entry.id) as Promise<T> | undefined;
    if (model === undefined) {
      model = load();
      loaded.set(entry.id, model);
    }
    return model;
  };
  const charsetOf = (entry: ModelEntry): Promise<readonly string[]> => {
    const charset = charsets.get(entry.id) ?? loadCharset(modelsDir, entry);
    charsets.set(entry.id, charset);
    return charset;
  };

  return {
    installedTiers: [smallest, ...larger],
    async detector(tier) {
      const entry = find('detect', tier);
      return once(entry, () => loadModel(modelsDir, entry, options));
    },
    async recognizer(tier) {
      const entry = find('recognize', tier);
      return once(entry, async () => {
        const [model, charset] = await Promise.all([loadModel(modelsDir, entry, options), charsetOf(entry)]);
        return { ...model, charset };
      });
    },
    charset: async (tier) => charsetOf(find('recognize', tier)),
    async load(task) {
      const entry = find(task);
      return once(entry, () => loadModel(modelsDir, entry, options));
    },
    async close() {
      const models = await Promise.allSettled(loaded.values());
      loaded.clear();
      await Promise.all(models.map((model) => (model.status === 'fulfilled' ? model.value.close() : undefined)));
    },
  };
}

/**
 * From a million pixels on, an inference is large: a detector takes about 180 bytes a pixel of its input while it runs,
 * several times as much as all else that a thread holds.
 */
const LARGE_INPUT = 3_000_000;

/**
 * @throws OcrError model.invalid where the weights cannot be loaded, or are not what the manifest declares;
 *   engine.unavailable where CUDA cannot
 */
export async function loadModel(modelsDir: string, entry: ModelEntry, options: SessionOptions): Promise<Model> {
  const session = await createSession(modelPath(modelsDir, entry), entry.id, options);
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
      const { turnstile } = options;
      const results = await (turnstile === undefined || data.length < LARGE_INPUT ? infer() : turnstile.pass(infer));
      return entry.outputs.map(({ name }) => {
        const tensor = results[name] as Tensor;
        return { data: tensor.data as Float32Array, dims: tensor.dims };
      });
    },
    close: () => session.release(),
  };
}

async function createSession(path: string, id: string, options: SessionOptions): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(path, {
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
    throw new OcrError('model.invalid', `${id} could not be loaded on ${nameOf(options.device)}.`, { cause });
  }
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
