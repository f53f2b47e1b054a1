import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { notFound, stageCuda } from '../../../src/cli/bundle-cuda.js';
import { makeZip } from '../../fixtures/make-zip.js';

/** A library that needs nothing which is not here. */
const ADDON = new URL('../../../build/Release/omega.node', import.meta.url).pathname;
const LICENCE = 'nvidia_cudnn_cu12-9.28.0.42.dist-info/licenses/License.txt';

let folder: string;
let provider: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'omega-test-'));
  mkdirSync(join(folder, 'wheels'));
  provider = join(folder, 'libonnxruntime_providers_cuda.so');
  cpSync(ADDON, provider);
});
afterEach(() => rmSync(folder, { recursive: true }));

function stageWith(wheels: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  for (const [name, members] of Object.entries(wheels)) {
    writeFileSync(join(folder, 'wheels', name), makeZip(members));
  }
  return stageCuda(join(folder, 'wheels'), provider, join(folder, 'stage'));
}

describe("NVIDIA's libraries of a bundle", () => {
  it('are those of its wheels, with their licences, and nothing else', async () => {
    const staged = await stageWith({
      'nvidia_cudnn_cu12-9.28.0.42-py3-none-manylinux_2_27_x86_64.whl': {
        'nvidia/cudnn/lib/libcudnn.so.9': 'dnn',
        'nvidia/cudnn/lib/libcudnn_ops.so.9': 'ops',
        'nvidia/cudnn/lib/libcudnn_static.a': 'static',
        'nvidia/cudnn/include/cudnn.h': 'header',
        [LICENCE]: 'terms',
      },
      'another-1.0-py3-none-any.whl': { 'nvidia/another/lib/libanother.so': 'x' },
    });
    expect(staged).toEqual(['libcudnn.so.9', 'libcudnn_ops.so.9']);
    const bundle = join(folder, 'stage');
    expect(readdirSync(join(bundle, 'runtime/cuda')).sort()).toEqual(staged);
    expect(readFileSync(join(bundle, 'runtime/cuda/libcudnn_ops.so.9'), 'utf8')).toBe('ops');
    expect(readdirSync(join(bundle, 'licences/nvidia'))).toEqual(['nvidia_cudnn_cu12-9.28.0.42.txt']);
  });

  it('are refused without cuDNN, which the provider opens but does not name', async () => {
    await expect(
      stageWith({
        'nvidia_cublas_cu12-12.9-py3-none-any.whl': { 'nvidia/cublas/lib/libcublas.so.12': 'x', [LICENCE]: 'terms' },
      }),
    ).rejects.toThrow(/^No wheel nvidia_\*\.whl in .* has libcudnn\.so\.9$/);
  });

  it('are refused without a licence', async () => {
    await expect(
      stageWith({ 'nvidia_cudnn_cu12-9-py3-none-any.whl': { 'nvidia/cudnn/lib/libcudnn.so.9': 'x' } }),
    ).rejects.toThrow('nvidia_cudnn_cu12-9-py3-none-any.whl has no licence');
  });

  it("are refused without ONNX Runtime's provider, which set-up fetches", async () => {
    rmSync(provider);
    await expect(stageWith({})).rejects.toThrow(
      'libonnxruntime_providers_cuda.so is not in this clone: run set-up with OMEGA_CUDA=1 first',
    );
  });

  it('are missing where the dynamic linker says so', () => {
    const printed =
      '\tlibcublasLt.so.12 => not found\n\tlibm.so.6 => /lib/libm.so.6 (0x7f)\n\tlibcuda.so.1 => not found\n';
    expect(notFound(printed)).toEqual(['libcublasLt.so.12', 'libcuda.so.1']);
  });
});
