/** `score.py` of the folder of sets, as a function; it needs python3 with rapidfuzz, which is brought where it is missing. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../root.mjs';
import { pythonOf } from '../virtual-environment.mjs';

const RAPIDFUZZ = 'rapidfuzz==3.14.6';

/**
 * @returns {(predictionFile: string, truthFile: string) => Record<string, number>} the figures by name: the numbers that
 * it prints, one a line
 */
export function openScorer(dir) {
  const python = pythonWithRapidfuzz();
  return (predictionFile, truthFile) => {
    const output = execFileSync(python, [join(dir, 'score.py'), predictionFile, truthFile], { encoding: 'utf8' });
    return Object.fromEntries(
      [...output.matchAll(/^(\w+)(?: \([^)]*\))?: ([\d.]+)$/gm)].map(([, k, v]) => [k, Number(v)]),
    );
  };
}

function pythonWithRapidfuzz() {
  if (spawnSync('python3', ['-c', 'import rapidfuzz']).status === 0) return 'python3';
  return pythonOf(join(ROOT, 'build', 'accuracy'), [RAPIDFUZZ]);
}
