/** The part of the configuration that engines are opened with. */
import { type Config, processEngineEnvironment } from '../config.js';
import { parseDevices } from '../engine/devices.js';
import type { EnginesConfig } from '../engine/engines.js';

export type EngineSettings = Pick<
  Config,
  'modelsDir' | 'threads' | 'devices' | 'pageTimeoutMs' | 'engineMemoryBytes' | 'maxPagePixels'
>;

/** @throws OcrError config.invalid where the devices are none */
export function engineConfig(settings: EngineSettings): EnginesConfig {
  return {
    modelsDir: settings.modelsDir,
    threads: settings.threads,
    devices: parseDevices(settings.devices),
    pageTimeoutMs: settings.pageTimeoutMs,
    memoryLimitBytes: settings.engineMemoryBytes,
    maxPagePixels: settings.maxPagePixels,
    environment: processEngineEnvironment(),
  };
}
