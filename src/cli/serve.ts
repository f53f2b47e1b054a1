/** `omega serve`: the command and its help; the server itself is put together in `run-server.ts`. */
import type { Command } from 'commander';
import { configReference, processConfig } from '../config.js';

const INDENT = '      ';

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('serve the REST API')
    .option('--api-only', 'read no pages: "omega worker" and other servers on OMEGA_DATABASE_URL do', false)
    .addHelpText('after', () => `\nEverything is set by environment variables:\n\n${variables()}`)
    .action(async ({ apiOnly }: { apiOnly: boolean }) => {
      const config = processConfig();
      // Loaded when it is needed: the other commands know nothing of HTTP.
      const { runServer } = await import('./run-server.js');
      await runServer(config, { reads: !apiOnly });
    });
}

function variables(): string {
  return configReference()
    .map(({ name, type, default: value, description }) => `  ${name}  (${type}; ${value})\n${INDENT}${description}`)
    .join('\n');
}
