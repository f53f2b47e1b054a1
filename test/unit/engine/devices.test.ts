import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cudaProblem, missingForCuda, missingLibrary } from '../../../src/engine/cuda-libraries.js';
import { findDriver, parseDevices } from '../../../src/engine/devices.js';
import type { Engine, EngineStatus } from '../../../src/engine/engine.js';
import { joinEngines } from '../../../src/engine/engines.js';
import { temporaryFolders } from '../../fixtures/models-folder.js';

const folder = temporaryFolders();

describe('parseDevices', () => {
  it.each([
    ['cpu', ['cpu']],
    ['cuda:0', ['cuda:0']],
    ['cuda:0, cuda:12', ['cuda:0', 'cuda:12']],
    ['cuda:all', ['cuda:0', 'cuda:1', 'cuda:2']],
  ])('takes %s', (text, devices) => {
    expect(parseDevices(text, () => 3)).toEqual(devices);
  });

  it.each(['gpu', 'cuda', 'cuda:-1', 'cuda:01', 'cuda:0,', 'cuda:0,cuda:all'])('refuses %s', (text) => {
    expect(() => parseDevices(text, () => 3)).toThrow('OMEGA_DEVICES must be cpu, cuda:all, or GPUs');
  });

  it('refuses a device that is named twice, and all of none', () => {
    expect(() => parseDevices('cuda:1,cuda:1')).toThrow('names a device twice');
    expect(() => parseDevices('cuda:all', () => 0)).toThrow('the NVIDIA driver shows no GPU');
  });
});

describe('the NVIDIA driver', () => {
  it('tells its version and the models of its GPUs', () => {
    const driver = folder({
      version:
        'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build\nGCC version: 13.3.0\n',
    });
    for (const [bus, model] of [
      ['0000:17:00.0', 'NVIDIA L4'],
      ['0000:65:00.0', 'NVIDIA RTX A4000'],
    ] as const) {
      mkdirSync(join(driver, 'gpus', bus), { recursive: true });
      writeFileSync(join(driver, 'gpus', bus, 'information'), `Model: \t\t ${model}\nIRQ:   \t\t 90\n`);
    }
    expect(findDriver(driver)).toEqual({ version: '570.86.15', gpus: ['NVIDIA L4', 'NVIDIA RTX A4000'] });
  });

  it('may drive no GPU, and be of the older kind', () => {
    const driver = folder({ version: 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19\n' });
    mkdirSync(join(driver, 'gpus'));
    expect(findDriver(driver)).toEqual({ version: '535.104.05', gpus: [] });
  });

  it('is none where its folder is not there', () => {
    expect(findDriver(join(folder(), 'nvidia'))).toBeUndefined();
  });
});

describe('a CUDA that does not load', () => {
  it('is told by the provider that is not there', () => {
    expect(cudaProblem(folder())).toMatch(/^libonnxruntime_providers_shared\.so is not beside ONNX Runtime/);
    const half = folder({ 'libonnxruntime_providers_shared.so': '' });
    expect(cudaProblem(half)).toMatch(/^libonnxruntime_providers_cuda\.so is not beside ONNX Runtime/);
  });

  it('is told by the library that the provider finds missing only with its first session', () => {
    const built = folder();
    for (const name of ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so']) {
      execFileSync('cc', ['-shared', '-x', 'c', '-o', join(built, name), '/dev/null']);
    }
    expect(missingForCuda(built, ['libc.so.6', 'libnowhere.so.9'])).toBe(
      'libnowhere.so.9, which libonnxruntime_providers_cuda.so needs, is not found: ' +
        "install NVIDIA's CUDA and cuDNN that bring it, or name their folder in LD_LIBRARY_PATH.",
    );
    expect(missingForCuda(built, ['libc.so.6'])).toBeUndefined();
  });

  it('is told by the library that the dynamic linker misses', () => {
    const message = 'libcublasLt.so.12: cannot open shared object file: No such file or directory';
    expect(missingLibrary(message)).toBe('libcublasLt.so.12');
    expect(missingLibrary(`/opt/a b/x.so: cannot open shared object file`)).toBe('x.so');
    expect(missingLibrary('Module did not self-register')).toBeUndefined();
  });
});

describe('joined engines', () => {
  const engine = (name: string, status: Partial<EngineStatus>): Engine =>
    ({
      inspect: async () => name,
      status: () => ({
        ready: true,
        restarts: 1,
        inFlight: 0,
        threads: 2,
        rssBytes: 10,
        processes: [{ device: `of ${name}` }],
        ...status,
      }),
    }) as unknown as Engine;

  it('give a task to the one with the most free threads', async () => {
    expect(await joinEngines([engine('a', { inFlight: 2 }), engine('b', { inFlight: 1 })]).inspect('x')).toBe('b');
    expect(await joinEngines([engine('a', {}), engine('b', { threads: 4, inFlight: 1 })]).inspect('x')).toBe('b');
  });

  it('give none to one that is being replaced', async () => {
    expect(await joinEngines([engine('a', { ready: false }), engine('b', { inFlight: 9 })]).inspect('x')).toBe('b');
  });

  it('are as large as all of them together', () => {
    const status = joinEngines([engine('a', { ready: false }), engine('b', { inFlight: 3 })]).status();
    expect(status).toEqual({
      ready: true,
      restarts: 2,
      inFlight: 3,
      threads: 4,
      rssBytes: 20,
      processes: [{ device: 'of a' }, { device: 'of b' }],
    });
  });
});
