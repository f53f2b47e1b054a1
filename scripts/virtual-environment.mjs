/** Python environments of our own under build/, for what only measures: nothing of them is needed at run time. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The interpreter of the virtual environment in `folder`, which holds exactly these requirements and what they need.
 *
 * @param {readonly string[]} requirements pinned, as pip takes them
 */
export function pythonOf(folder, requirements) {
  const python = join(folder, 'bin', 'python');
  const installed = join(folder, 'requirements.txt');
  const wanted = `${requirements.join('\n')}\n`;
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return python;
  console.error(`installing ${requirements.join(', ')} into ${folder}`);
  execFileSync('python3', ['-m', 'venv', '--clear', folder], { stdio: 'inherit' });
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...requirements], { stdio: 'inherit' });
  // Written last: an installation that was interrupted is made anew.
  writeFileSync(installed, wanted);
  return python;
}
