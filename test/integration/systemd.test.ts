/** The units of deploy/systemd, by systemd's own check. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const UNITS = 'deploy/systemd';
const PROGRAM = '/opt/ocr-omega/bin/omega';
const names = readdirSync(UNITS);
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!hasSystemd) process.stderr.write('\nSKIPPED: there is no systemd-analyze: its units are not checked.\n');

const commandOf = (name: string) => /^ExecStart=(.*)$/m.exec(readFileSync(join(UNITS, name), 'utf8'))?.[1] ?? '';

describe.runIf(hasSystemd)('systemd', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'omega-systemd-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(names)('finds nothing wrong with %s', (name) => {
    const path = join(folder, name);
    // The program is where an installation puts it; here any will do.
    writeFileSync(path, readFileSync(join(UNITS, name), 'utf8').replaceAll(PROGRAM, '/bin/true'));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
    expect([stderr, status]).toEqual(['', 0]);
  });
});

test.each(names)('%s starts a command that there is, with options that it has', (name) => {
  const [program, command = '', ...args] = commandOf(name).split(' ');
  expect(program).toBe(PROGRAM);
  const help = execFileSync('node', ['dist/main.js', command, '--help'], { encoding: 'utf8' });
  expect(help).toContain(`omega ${command}`);
  for (const option of args.filter((arg) => arg.startsWith('--'))) expect(help).toContain(option);
});
