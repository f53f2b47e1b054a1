import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

const DOCUMENTS = 'test/fixtures/documents';
const folder = mkdtempSync(join(tmpdir(), 'omega-watch-'));
const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Watched {
  readonly incoming: string;
  readonly out: string;
  readonly report: string;
}

function folders(name: string): Watched {
  const incoming = join(folder, name, 'in');
  mkdirSync(incoming, { recursive: true });
  return { incoming, out: join(folder, name, 'out'), report: join(folder, name, 'report.jsonl') };
}

/** `end` resolves to its exit status and what it said. */
function watch({ incoming, out, report }: Watched, ...args: string[]) {
  const all = ['dist/main.js', 'watch', incoming, out, '--settle', '1', '--threads', '1', '--report', report, ...args];
  // In a group of its own, which Ctrl-C and service managers signal as a whole.
  const child = spawn('node', all, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  running.add(child);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const exited = once(child, 'close').then(([status]) => ({ status: status as number | null, said }));
  return {
    said: () => said,
    async end(signal: NodeJS.Signals) {
      process.kill(signal === 'SIGKILL' ? (child.pid as number) : -(child.pid as number), signal);
      const end = await exited;
      running.delete(child);
      return end;
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(20);
}

const reported = (report: string): { path: string; outcome: string; error_code?: string }[] =>
  existsSync(report)
    ? readFileSync(report, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line))
    : [];
const visible = (path: string) =>
  readdirSync(path)
    .filter((name) => !name.startsWith('.'))
    .sort();

describe('omega watch', () => {
  it('reads files when they are complete, whatever the writer does until then, and stops on SIGTERM', async () => {
    const watched = folders('complete');
    const { incoming, out, report } = watched;
    const letter = readFileSync(`${DOCUMENTS}/letter.pdf`);
    const slow = join(incoming, 'slow.pdf');
    writeFileSync(slow, '');
    copyFileSync(`${DOCUMENTS}/two-columns.pdf`, join(incoming, 'renamed.pdf.part'));
    writeFileSync(join(incoming, 'notes.txt'), 'no document');
    const watching = watch(watched, '--format', 'md,json');
    await until(() => watching.said().includes('watching'));
    // In five parts, none of them two settle times behind the other.
    const part = Math.ceil(letter.length / 5);
    for (let start = 0; start < letter.length; start += part) {
      appendFileSync(slow, letter.subarray(start, start + part));
      await delay(500);
    }
    expect(existsSync(join(out, 'slow.pdf.md'))).toBe(false);
    mkdirSync(join(incoming, 'below'));
    copyFileSync(`${DOCUMENTS}/table.pdf`, join(incoming, 'below/table.pdf'));
    await until(() => reported(report).length === 2);
    renameSync(join(incoming, 'renamed.pdf.part'), join(incoming, 'renamed.pdf'));
    await until(() => reported(report).length === 3);

    const { status, said } = await watching.end('SIGTERM');
    expect(status).toBe(0);
    expect(said.trim().split('\n').at(-1)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ stopped$/);
    expect(said).toContain('notes.txt: left alone');
    expect(said).toMatch(/slow\.pdf: 1 page in \d+\.\d s/);
    const { stdout } = spawnSync('node', ['dist/main.js', 'ocr', `${DOCUMENTS}/letter.pdf`], { encoding: 'utf8' });
    expect(readFileSync(join(out, 'slow.pdf.md'), 'utf8')).toBe(stdout);
    expect(reported(report).map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done']);
    expect(visible(out)).toEqual(['below', 'renamed.pdf.json', 'renamed.pdf.md', 'slow.pdf.json', 'slow.pdf.md']);
    expect(visible(incoming)).toEqual(['below', 'failed', 'notes.txt', 'renamed.pdf', 'slow.pdf']);
  });

  it('moves what it read away, keeps what had its name, and puts aside with its reason what it could not read', async () => {
    const watched = folders('moved');
    const { incoming, out, report } = watched;
    const done = join(folder, 'moved/done');
    const scan = join(incoming, 'scan.pdf');
    copyFileSync(`${DOCUMENTS}/letter.pdf`, scan);
    copyFileSync(`${DOCUMENTS}/encrypted.pdf`, join(incoming, 'locked.pdf'));
    writeFileSync(join(incoming, 'broken.tif'), 'no picture at all');
    const watching = watch(watched, '--done', done);
    await until(() => visible(incoming).join() === 'failed');
    copyFileSync(`${DOCUMENTS}/two-columns.pdf`, scan);
    await until(() => reported(report).length === 4 && visible(incoming).join() === 'failed');
    // Put back as it is: it is tried again.
    renameSync(join(incoming, 'failed/locked.pdf'), join(incoming, 'locked.pdf'));
    await until(() => reported(report).length === 5 && visible(incoming).join() === 'failed');
    expect((await watching.end('SIGTERM')).status).toBe(0);

    expect(visible(done)).toEqual(['scan-2.pdf', 'scan.pdf']);
    expect(readFileSync(join(done, 'scan-2.pdf'))).toEqual(readFileSync(`${DOCUMENTS}/two-columns.pdf`));
    expect(visible(out)).toEqual(['scan-2.pdf.md', 'scan.pdf.md']);
    expect(readFileSync(join(out, 'scan.pdf.md'), 'utf8')).toContain('# Harbour Library Newsletter');
    expect(visible(join(incoming, 'failed'))).toEqual([
      'broken.tif',
      'broken.tif.reason.txt',
      'locked.pdf',
      'locked.pdf.reason.txt',
    ]);
    expect(readFileSync(join(incoming, 'failed/locked.pdf.reason.txt'), 'utf8')).toMatch(
      /^file\.encrypted\nlocked\.pdf: [A-Z][^\n]+\n$/,
    );
    expect(readFileSync(join(incoming, 'failed/broken.tif.reason.txt'), 'utf8')).toMatch(/^file\.unsupported-type\n/);
  });

  it('is killed and started again without reading anything twice or losing a file', async () => {
    const FILES = 6;
    const watched = folders('killed');
    const { incoming, out, report } = watched;
    for (let file = 1; file <= FILES; file += 1)
      cpSync(`${DOCUMENTS}/letter.pdf`, join(incoming, `letter-${file}.pdf`));
    const args = ['--done', join(folder, 'killed/done'), '--jobs', '2', '--text-layer', 'ignore'];
    const results = () => readdirSync(out).filter((name) => name.endsWith('.md'));
    const first = watch(watched, ...args);
    await until(() => reported(report).length >= 2);
    await first.end('SIGKILL');
    const before = new Map(reported(report).map(({ path }) => [path, statSync(join(out, `${path}.md`)).ino]));

    const second = watch(watched, ...args);
    await until(() => visible(incoming).join() === 'failed');
    expect((await second.end('SIGTERM')).status).toBe(0);
    expect(visible(join(folder, 'killed/done'))).toHaveLength(FILES);
    expect(results()).toHaveLength(FILES);
    for (const [path, ino] of before) expect(statSync(join(out, `${path}.md`)).ino).toBe(ino);
    // One that had its results, and whose end was not yet recorded, may be among the others.
    const paths = reported(report).map(({ path }) => path);
    expect(paths.filter((path, index) => before.has(path) && paths.indexOf(path) !== index)).toEqual([]);
    expect(readdirSync(join(out, '.omega'))).toEqual(['state.db']);
    expect(new Set(results().map((name) => readFileSync(join(out, name), 'utf8')))).toHaveProperty('size', 1);
  });

  it('finishes what is under way on SIGTERM, and reads what stayed and was not changed never again', async () => {
    const watched = folders('stopped');
    const { incoming, out, report } = watched;
    for (const name of ['scan.pdf', 'two-pages.tiff']) copyFileSync(`${DOCUMENTS}/${name}`, join(incoming, name));
    const first = watch(watched);
    await until(() => reported(report).length >= 1);
    const { status } = await first.end('SIGTERM');
    expect([status, reported(report).length]).toEqual([0, 2]);
    expect(visible(out)).toEqual(['scan.pdf.md', 'two-pages.tiff.md']);

    // As a program does that takes results away.
    rmSync(join(out, 'scan.pdf.md'));
    const second = watch(watched);
    copyFileSync(`${DOCUMENTS}/letter.pdf`, join(incoming, 'letter.pdf'));
    await until(() => reported(report).length >= 3);
    await second.end('SIGTERM');
    expect(
      reported(report)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['letter.pdf', 'scan.pdf', 'two-pages.tiff']);
    expect(visible(out)).toEqual(['letter.pdf.md', 'two-pages.tiff.md']);
  });

  it('refuses folders in which it would read its own results, and a settle time that is none', () => {
    const { incoming, out } = folders('refused');
    const refused = (...args: string[]) => {
      const { status, stderr } = spawnSync('node', ['dist/main.js', 'watch', ...args], { encoding: 'utf8' });
      return [status, stderr];
    };
    expect(refused(incoming, incoming)).toEqual([2, expect.stringContaining('would be read again')]);
    expect(refused(incoming, out, '--failed', join(incoming, '..'))).toEqual([
      2,
      expect.stringContaining('--failed may not be the folder that is watched'),
    ]);
    expect(refused(join(incoming, 'gone'), out)).toEqual([2, expect.stringContaining('is not there')]);
    expect(refused(incoming, out, '--settle', '0')).toEqual([2, expect.stringContaining('from 1 to 3600')]);
    expect(existsSync(out)).toBe(false);
  });
});
