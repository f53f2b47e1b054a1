/** Where figures come from: the command, the commit, the day, the machine, and what else it had to do. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { ROOT } from './root.mjs';

export function commitOf() {
  return execFileSync('git', ['-C', ROOT, 'describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
}

/** One paragraph. `script`: as npm calls it; the folder `dir` among its arguments is not named. */
export function originOf(script, dir) {
  const args = process.argv.slice(2).map((arg) => (arg === dir ? 'DIR' : arg));
  return [
    `\`${['npm run --silent', script, '--', ...args].join(' ')}\` at commit ${commitOf()}`,
    new Date().toISOString().slice(0, 10),
    `Node ${process.version}`,
    `${availableParallelism()} cores of ${cpus()[0]?.model.trim()}`,
    `${(totalmem() / 1e9).toFixed(0)} GB`,
    `load at the start ${loadavg()[0]?.toFixed(1)}.`,
  ].join(', ');
}
