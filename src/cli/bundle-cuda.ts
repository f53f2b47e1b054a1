/** NVIDIA's runtime libraries of a bundle, out of the Python wheels that NVIDIA publishes them in. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** Below a bundle's root; `bin/omega` names it to the dynamic linker. */
export const CUDA_FOLDER = 'runtime/cuda';

const LIBRARY = /^nvidia\/.+\/lib\/[^/]+\.so(\.\d+)*$/;
const LICENCE = /^[^/]+\.dist-info\/(licenses\/)?License\.txt$/i;

/** The driver brings it, on the machine that the bundle is for. */
const OF_THE_DRIVER = 'libcuda.so.1';

/**
 * Puts the libraries and licences of all wheels of a folder into the bundle.
 * @param provider ONNX Runtime's CUDA provider, as the bundle has it
 * @returns the libraries' names, sorted
 * @throws Error that says what is missing
 */
export async function stageCuda(wheels: string, provider: string, stage: string): Promise<readonly string[]> {
  await access(provider).catch((cause) => {
    throw new Error(`${basename(provider)} is not in this clone: run set-up with OMEGA_CUDA=1 first`, { cause });
  });
  const files = (await readdir(wheels)).filter((file) => /^nvidia_.+\.whl$/.test(file)).sort();
  const libraries: string[] = [];
  for (const file of files) libraries.push(...(await unpackWheel(join(wheels, file), stage)));
  const { stdout } = await run('ldd', [provider], { LD_LIBRARY_PATH: join(stage, CUDA_FOLDER) });
  const missing = notFound(stdout).filter((name) => name !== OF_THE_DRIVER);
  if (missing.length > 0) {
    throw new Error(`${basename(provider)} needs ${missing.join(', ')}, which no wheel nvidia_*.whl in ${wheels} has`);
  }
  // Opened only when it is first used, so the provider does not name it.
  if (!libraries.includes('libcudnn.so.9')) throw new Error(`No wheel nvidia_*.whl in ${wheels} has libcudnn.so.9`);
  return libraries.sort();
}

async function unpackWheel(wheel: string, stage: string): Promise<readonly string[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'omega-wheel-'));
  try {
    const { code } = await run('python3', ['-m', 'zipfile', '-e', wheel, scratch], {});
    if (code !== 0) throw new Error(`${basename(wheel)} could not be unpacked`);
    const paths = (await readdir(scratch, { recursive: true })).sort();
    const licences = paths.filter((path) => LICENCE.test(path));
    if (licences.length === 0) throw new Error(`${basename(wheel)} has no licence`);
    const [name = '', version = ''] = basename(wheel).split('-');
    for (const path of licences)
      await cp(join(scratch, path), join(stage, 'licences/nvidia', `${name}-${version}.txt`));
    const libraries = paths.filter((path) => LIBRARY.test(path));
    await mkdir(join(stage, CUDA_FOLDER), { recursive: true });
    for (const path of libraries) await cp(join(scratch, path), join(stage, CUDA_FOLDER, basename(path)));
    return libraries.map((path) => basename(path));
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** Pure. The libraries that `ldd` did not find, of what it printed. */
export function notFound(printed: string): readonly string[] {
  return [...printed.matchAll(/^\s*(\S+) => not found$/gm)].map(([, name]) => name as string);
}

async function run(file: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
  const child = spawn(
    'env',
    [...Object.entries(environment).map(([name, value]) => `${name}=${value}`), file, ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = once(child, 'close');
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk);
  const [code] = await ended;
  return { code: code as number | null, stdout: Buffer.concat(chunks).toString('utf8') };
}
