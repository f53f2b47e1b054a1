#!/usr/bin/env node
/** Entry of `omega`: its commands, and how what goes wrong in them is told. */
import { Command } from 'commander';
import { addBackupCommand } from './cli/backup.js';
import { addBundleCommand } from './cli/bundle.js';
import { addDoctorCommand } from './cli/doctor.js';
import { describeFailure } from './cli/failure.js';
import { addKeysCommand } from './cli/keys.js';
import { addModelsCommand } from './cli/models.js';
import { addNodesCommand } from './cli/nodes.js';
import { addOcrCommand } from './cli/ocr.js';
import { addServeCommand } from './cli/serve.js';
import { addVerifyCommand } from './cli/verify.js';
import { VERSION } from './cli/version.js';
import { addWatchCommand } from './cli/watch.js';
import { addWorkerCommand } from './cli/worker.js';
import { processConfig } from './config.js';

const program = new Command('omega')
  .description('OCR Omega: reads documents on your own machine.')
  .version(VERSION)
  .helpCommand(false)
  .exitOverride();
addServeCommand(program);
addWorkerCommand(program);
addOcrCommand(program);
addWatchCommand(program);
addKeysCommand(program);
addNodesCommand(program);
addModelsCommand(program);
addDoctorCommand(program);
addBackupCommand(program);
addBundleCommand(program);
addVerifyCommand(program);

let isService = false;
program.hook('preAction', (_, command) => {
  isService = ['serve', 'worker', 'watch'].includes(command.name());
});
// A reader that has seen enough (`| head`) closes the pipe, which is no failure of ours, and nothing that a service ends for.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  if (!isService) process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  const { message, exitCode } = describeFailure(error);
  if (message !== undefined) {
    process.stderr.write(`error: ${message}\n`);
    if (wantsStacks()) console.error(error);
  }
  process.exitCode = exitCode;
}

function wantsStacks(): boolean {
  try {
    return ['debug', 'trace'].includes(processConfig().logLevel);
  } catch {
    // The configuration itself is what is wrong, and its sentence has been told.
    return false;
  }
}
