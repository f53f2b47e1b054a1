/** What went wrong → one sentence and an exit status: 2 where the command was not understood, 1 for all else. */
import { CommanderError } from 'commander';
import { OcrError } from '../errors.js';

export interface Failure {
  /** Undefined where it has been told already. */
  readonly message: string | undefined;
  readonly exitCode: number;
}

const USAGE = 2;
const FAILED = 1;

export function describeFailure(error: unknown): Failure {
  // Commander has written its sentence, its help or the version by itself.
  if (error instanceof CommanderError) return { message: undefined, exitCode: error.exitCode === 0 ? 0 : USAGE };
  if (error instanceof OcrError) {
    const misunderstood = error.code.startsWith('request.') || error.code === 'config.invalid';
    return { message: error.message, exitCode: misunderstood ? USAGE : FAILED };
  }
  return { message: sentence(error), exitCode: FAILED };
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, address, port, path } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  switch (code) {
    case 'EADDRINUSE':
      return `Something listens on ${address}:${port} already: stop it, or set OMEGA_PORT to another port`;
    case 'EADDRNOTAVAIL':
      return `This machine has no address ${address}: set OMEGA_HOST to one of its own`;
    case 'EACCES':
    case 'EPERM':
      return path === undefined
        ? `The system does not allow this: ${error.message}`
        : `The system does not allow writing to ${path}`;
    case 'ENOSPC':
      return 'The disk is full';
    default:
      return error.message;
  }
}
