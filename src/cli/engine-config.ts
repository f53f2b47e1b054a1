/** The part of the configuration that the engine is opened with. */
import { Type } from 'typebox';
import { coerceStrings } from '../coerce.js';
import { Config, processEngineEnvironment } from '../config.js';
import { parseDevices } from '../engine/devices.js';
import type { EnginesConfig } from '../engine/engines.js';
import { tellPreparing } from './preparing.js';

const ThreadsFlag = Type.Object({ '--threads': Type.Optional(Config.properties.threads) });

/** Preparations are told of on standard error. `threads` as given on the command line wins. @throws OcrError request.option-invalid, config.invalid */
export function engineConfig(config: Config, threads?: string): EnginesConfig {
  const flag = coerceStrings(ThreadsFlag, threads === undefined ? {} : { '--threads': threads }, {
    code: 'request.option-invalid',
    noun: 'option',
  });
  return {
    modelsDir: config.modelsDir,
    threads: threads === undefined ? config.threads : (flag['--threads'] ?? config.threads),
    devices: parseDevices(config.devices),
    pageTimeoutMs: config.pageTimeoutMs,
    memoryLimitBytes: config.engineMemoryBytes,
    maxPagePixels: config.maxPagePixels,
    environment: processEngineEnvironment(),
    onPreparing: tellPreparing((line) => process.stderr.write(`${line}\n`)),
  };
}
