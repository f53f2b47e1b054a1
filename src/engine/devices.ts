/** What models run on: the processor, or NVIDIA GPUs by CUDA's numbers. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OcrError } from '../errors.js';

export type Device = 'cpu' | `cuda:${number}`;

/** What NVIDIA's driver tells of itself: `version`, and in `gpus` an entry for each. */
const DRIVER_FOLDER = '/proc/driver/nvidia';

/**
 * `cpu`, `cuda:0`, `cuda:0,cuda:1` or `cuda:all`. `countGpus` is asked for the last one only.
 * @throws OcrError config.invalid
 */
export function parseDevices(text: string, countGpus: () => number = gpuCount): readonly [Device, ...Device[]] {
  const names = text.split(',').map((name) => name.trim());
  if (names.length === 1 && names[0] === 'cuda:all') {
    const [first, ...others] = Array.from({ length: countGpus() }, (_, index): Device => `cuda:${index}`);
    if (first === undefined) {
      throw new OcrError('config.invalid', 'OMEGA_DEVICES is "cuda:all" and the NVIDIA driver shows no GPU.');
    }
    return [first, ...others];
  }
  const [first, ...others] = names.map(parseDevice);
  const devices: readonly [Device, ...Device[]] = [first as Device, ...others];
  if (new Set(devices).size < devices.length) {
    throw new OcrError('config.invalid', `OMEGA_DEVICES names a device twice: "${text}".`);
  }
  return devices;
}

function parseDevice(name: string): Device {
  const index = /^cuda:(0|[1-9]\d{0,2})$/.exec(name)?.[1];
  if (index !== undefined) return `cuda:${Number(index)}`;
  if (name === 'cpu') return name;
  throw new OcrError(
    'config.invalid',
    `OMEGA_DEVICES must be cpu, cuda:all, or GPUs as in "cuda:0,cuda:1"; not "${name}".`,
  );
}

/** How many GPUs the driver shows; 0 without a driver. */
export function gpuCount(): number {
  return findDriver()?.gpus.length ?? 0;
}

export interface GpuDriver {
  /** As in "570.86.15". */
  readonly version: string;
  /** Names of the GPUs that it drives, in the order of its folder, which need not be CUDA's. */
  readonly gpus: readonly string[];
}

/** undefined where no NVIDIA driver is loaded. */
export function findDriver(folder = DRIVER_FOLDER): GpuDriver | undefined {
  try {
    const [version = 'unknown'] = /\b\d+\.\d+(\.\d+)?\b/.exec(readFileSync(join(folder, 'version'), 'utf8')) ?? [];
    const gpus = readdirSync(join(folder, 'gpus')).map((gpu) => {
      const information = readFileSync(join(folder, 'gpus', gpu, 'information'), 'utf8');
      return /^Model:\s*(.+)$/m.exec(information)?.[1]?.trim() ?? 'GPU of an unknown model';
    });
    return { version, gpus };
  } catch {
    return undefined;
  }
}
