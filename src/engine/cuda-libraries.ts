/** Why ONNX Runtime's CUDA provider does not load, told by the name of the library that is missing. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

/** ONNX Runtime's own, in the order in which they are loaded; the package does not bring them. */
const PROVIDERS = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'] as const;

/**
 * What the CUDA provider of some builds finds for itself with its first session, so that the dynamic linker does not miss
 * it before. The number is that of the cuDNN which ONNX Runtime 1.30 asks for.
 */
const LOADED_LATER = ['libcudnn.so.9'] as const;

/** Where ONNX Runtime looks for its providers: beside its own library. */
export function providerFolder(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(entry), '..', 'bin/napi-v6', process.platform, process.arch);
}

/** A sentence on what is missing and what to do. Loads the providers where they are, so only for a CUDA that failed. */
export function cudaProblem(folder = providerFolder()): string {
  return missingForCuda(folder) ?? 'its libraries are there: check the driver (nvidia-smi) and that the GPU exists.';
}

/** The same, or undefined where every library loads. */
export function missingForCuda(
  folder = providerFolder(),
  loadedLater: readonly string[] = LOADED_LATER,
): string | undefined {
  const absent = PROVIDERS.find((file) => !existsSync(join(folder, file)));
  if (absent !== undefined) {
    return `${absent} is not beside ONNX Runtime: run set-up with OMEGA_CUDA=1, or copy the file there.`;
  }
  for (const file of PROVIDERS) {
    const missing = missingLibrary(loadError(join(folder, file)));
    if (missing !== undefined) return notFound(missing, file);
  }
  const late = loadedLater.find((library) => missingLibrary(loadError(library)) === library);
  return late === undefined ? undefined : notFound(late, PROVIDERS[1]);
}

function notFound(library: string, needing: string): string {
  return `${library}, which ${needing} needs, is not found: ${adviceFor(library)}`;
}

/** The number behind `.so` is that of CUDA, or cuDNN's, that the provider was built for. */
function adviceFor(library: string): string {
  return library.startsWith('libcuda.so')
    ? 'it comes with the NVIDIA driver, which is not installed.'
    : "install NVIDIA's CUDA and cuDNN that bring it, or name their folder in LD_LIBRARY_PATH.";
}

/** Pure. Of the dynamic linker's message. */
export function missingLibrary(message: string): string | undefined {
  return /(?:^|\/)([^/\s:]+): cannot open shared object file/.exec(message)?.[1];
}

/** A provider is no addon of Node's: that it does not register itself means that it was loaded. */
function loadError(path: string): string {
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_LAZY | constants.dlopen.RTLD_GLOBAL);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}
