/** The command line of a script: what it takes is declared once, for `--help` and for what is refused. */
import { Command } from 'commander';

/**
 * A command of the arguments and options that are added to it; `parse()` it and take `opts()` and `args`.
 *
 * A wrong command line ends the process with status 2 and a sentence, as does `command.error(sentence)`.
 */
export function commandLine(name, description) {
  return new Command(name)
    .description(description)
    .showHelpAfterError('(--help tells what there is)')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
}

/** Ends with a sentence where something of `wanted` is not among `known`. `kind`: what they name. */
export function checkNames(command, kind, wanted, known) {
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) command.error(`error: no ${kind} is named "${unknown}"; there are ${known.join(', ')}`);
}
