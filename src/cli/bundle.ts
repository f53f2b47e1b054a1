/**
 * `omega bundle`: everything that a machine without a network needs, in one archive.
 *
 *     ocr-omega-VERSION-PLATFORM/
 *       install.sh        POSIX shell, needs no more than a bare Debian or Alma has
 *       SHA256SUMS[.sig]  of every other file (bundle-manifest.ts)
 *       bundle.json       what it is and what it runs on
 *       sbom.cdx.json, LICENSE, licences/
 *       bin/omega         starts app/ with runtime/
 *       runtime/          Node, and the C++ library it and the addon were linked with; cuda/, NVIDIA's (bundle-cuda.ts)
 *       app/              dist, addon, packages of production, models
 *       deploy/, docs/, examples/
 *
 * It is made of the clone that it runs in, for the platform that it runs on, since addons are compiled there. The same
 * inputs give the same bytes: names are sorted, times and owners are zero.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import type { Command } from 'commander';
import { processConfig } from '../config.js';
import { installedModels, loadManifest, type Manifest, type ModelEntry, verifyModel } from '../engine/models.js';
import { loadNative } from '../engine/native.js';
import { CUDA_FOLDER, stageCuda } from './bundle-cuda.js';
import { collectLicences } from './bundle-licences.js';
import { listTree, MANIFEST, sha256Of, signManifest, writeManifest } from './bundle-manifest.js';
import { makeBom } from './bundle-sbom.js';
import { VERSION } from './version.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PLATFORMS = ['linux-x64', 'linux-arm64'];
const EXECUTABLES = ['install.sh', 'bin/omega', 'runtime/node'];

/** Taken from the machine, so that the bundle runs on systems with an older C++ library. */
const RUNTIME_LIBRARIES = ['libstdc++.so.6', 'libgcc_s.so.1'];

const CUDA_PROVIDER = `app/node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/libonnxruntime_providers_cuda.so`;

/** Of these packages other platforms' libraries and C sources are left out. */
const SHIPPED_PARTS: Readonly<Record<string, RegExp>> = {
  'node_modules/onnxruntime-node': new RegExp(`^(?!bin/)|^bin/napi-v\\d+/${process.platform}/${process.arch}/`),
  'node_modules/better-sqlite3': /^(?!deps\/|src\/|build\/)|^build\/Release\/better_sqlite3\.node$/,
};

/** What packages bring along for their own development. */
const DEVELOPMENT = /^(tests?|benchmarks?|examples?)\//;

interface InstalledPackage {
  readonly path: string;
  readonly name: string;
  readonly version: string;
}

export function addBundleCommand(program: Command): void {
  program
    .command('bundle')
    .description('make one archive that installs on a machine without network, npm or compiler')
    .option('--out <dir>', 'folder of the archive', 'build/bundle')
    .option('--sign <file>', 'Ed25519 private key (PEM) to sign with')
    .option('--cuda <dir>', "folder with NVIDIA's wheels (nvidia_*.whl) whose libraries are added")
    .option('--licences <dir>', 'folder with node.txt and gcc-runtime.txt, where the system does not have them')
    .action(async ({ out, sign, licences, cuda }: { out: string; sign?: string; licences?: string; cuda?: string }) => {
      const archive = await makeBundle(resolve(out), sign, licences, cuda);
      process.stdout.write(`${archive}\n`);
    });
}

/** @returns the path of the archive; beside it is its sha256, in the format of sha256sum */
async function makeBundle(
  out: string,
  keyFile: string | undefined,
  licences: string | undefined,
  wheels: string | undefined,
): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  if (!PLATFORMS.includes(platform))
    throw new Error(`Bundles are made on ${PLATFORMS.join(' or ')}, not on ${platform}`);
  const privateKey = keyFile === undefined ? undefined : await readFile(keyFile, 'utf8');
  const lock = await readLock();
  const name = `ocr-omega-${VERSION}-${platform}`;
  const stage = join(out, name);
  await rm(stage, { recursive: true, force: true });
  await mkdir(join(stage, 'licences'), { recursive: true });

  const { modelsDir } = processConfig();
  const manifest = await loadManifest(modelsDir);
  const models = await installedModels(modelsDir, manifest);
  await stageApp(stage, lock);
  await stageModels(stage, modelsDir, manifest, models);
  await stageRuntime(stage);
  const cuda = wheels === undefined ? [] : await stageCuda(resolve(wheels), join(stage, CUDA_PROVIDER), stage);
  await stageDocuments(stage);
  await collectLicences(ROOT, lock, licences, join(stage, 'licences'));
  const vips = lock.find((entry) => entry.name.startsWith('@img/sharp-libvips-'));
  const bom = await makeBom({
    npm: await outputOf('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev']),
    packages: new Set(lock.map((entry) => `${entry.name}@${entry.version}`)),
    version: VERSION,
    stage,
    manifest,
    models,
    libraries: RUNTIME_LIBRARIES,
    cuda: cuda.map((name) => `${CUDA_FOLDER}/${name}`),
    imageLibraries:
      vips === undefined ? {} : JSON.parse(await readFile(join(ROOT, vips.path, 'versions.json'), 'utf8')),
  });
  await writeFile(join(stage, 'sbom.cdx.json'), bom);
  const facts = {
    name: 'ocr-omega',
    version: VERSION,
    platform,
    node: process.versions.node,
    glibc: await glibcFloor(stage),
  };
  await writeFile(join(stage, 'bundle.json'), `${JSON.stringify(facts, null, 2)}\n`);

  await setModes(stage);
  await writeManifest(stage);
  if (privateKey !== undefined) await signManifest(stage, privateKey);
  await chmod(join(stage, MANIFEST), 0o644);
  const archive = join(out, `${name}.tar.gz`);
  await pack(out, name, archive);
  await writeFile(`${archive}.sha256`, `${await sha256Of(archive)}  ${basename(archive)}\n`);
  await rm(stage, { recursive: true });
  return archive;
}

/** The packages of production that are installed here, by the lock file. */
async function readLock(): Promise<readonly InstalledPackage[]> {
  type Entry = { readonly version?: string; readonly dev?: boolean; readonly name?: string };
  const path = join(ROOT, 'package-lock.json');
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new Error('Bundles are made in a clone of the project: there is no package-lock.json here', { cause });
  });
  const entries = Object.entries((JSON.parse(text) as { packages: Record<string, Entry> }).packages);
  const installed: InstalledPackage[] = [];
  for (const [folder, { version = '', dev, name }] of entries) {
    if (folder === '' || dev === true || !(await exists(join(ROOT, folder)))) continue;
    installed.push({ path: folder, name: name ?? folder.split('node_modules/').at(-1) ?? folder, version });
  }
  return installed;
}

async function stageApp(stage: string, packages: readonly InstalledPackage[]): Promise<void> {
  const app = join(stage, 'app');
  await cp(join(ROOT, 'dist'), join(app, 'dist'), { recursive: true });
  for (const file of ['package.json', 'build/Release/omega.node', 'openapi.json']) {
    await cp(join(ROOT, file), join(app, file));
  }
  for (const { path } of packages) {
    const from = join(ROOT, path);
    await cp(from, join(app, path), {
      recursive: true,
      // Nested packages are of the lock themselves.
      filter: async (source) => {
        const inner = relative(from, source);
        if (inner.split('/').includes('node_modules') || inner === '.bin') return false;
        const isFolder = (await stat(source)).isDirectory();
        return isFolder || (!DEVELOPMENT.test(inner) && (SHIPPED_PARTS[path]?.test(inner) ?? true));
      },
    });
  }
  await removeEmptyFolders(app);
}

async function stageModels(
  stage: string,
  from: string,
  manifest: Manifest,
  models: readonly ModelEntry[],
): Promise<void> {
  const to = join(stage, 'app/models');
  for (const entry of models) await verifyModel(from, entry);
  const files = models.flatMap(({ file, charset }) => (charset === undefined ? [file] : [file, charset.file]));
  const licences = Object.keys(manifest.packages).map((name) => `licences/${name}.txt`);
  for (const file of new Set(['manifest.json', 'README.md', ...files, ...licences])) {
    await cp(join(from, file), join(to, file));
  }
}

async function stageRuntime(stage: string): Promise<void> {
  const runtime = join(stage, 'runtime');
  await cp(await realpath(process.execPath), join(runtime, 'node'));
  // With the addon loaded, what it is linked with is loaded as well.
  loadNative();
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: readonly string[] };
  for (const name of RUNTIME_LIBRARIES) {
    const path = sharedObjects.find((object) => basename(object) === name);
    if (path === undefined) throw new Error(`${name} is not loaded here, so it cannot be bundled`);
    await cp(await realpath(path), join(runtime, 'lib', name));
  }
}

async function stageDocuments(stage: string): Promise<void> {
  for (const path of ['LICENSE', 'README.md', 'CHANGELOG.md', 'docs', 'deploy', 'examples']) {
    await cp(join(ROOT, path), join(stage, path), {
      recursive: true,
      // Python leaves them beside examples that were run.
      filter: (source) => basename(source) !== '__pycache__',
    });
  }
  await rename(join(stage, 'deploy/bundle/install.sh'), join(stage, 'install.sh'));
  await mkdir(join(stage, 'bin'));
  await rename(join(stage, 'deploy/bundle/omega'), join(stage, 'bin/omega'));
  await rm(join(stage, 'deploy/bundle'), { recursive: true });
}

/**
 * The newest version of the C library that any binary asks for. ELF files name the versions they need as strings, as in
 * GLIBC_2.34; one that merely mentions a version raises the floor, never lowers it.
 */
async function glibcFloor(stage: string): Promise<string> {
  let floor = [0, 0];
  for (const path of (await listTree(stage)).files) {
    if (path !== 'runtime/node' && !/\.(node|so)(\.[\d.]+)?$/.test(path)) continue;
    // Too large for one string, and by the names of their wheels for 2.27 and later, which is older than Node's own.
    if (path.startsWith(`${CUDA_FOLDER}/`)) continue;
    const text = await readFile(join(stage, path), 'latin1');
    for (const [, major, minor] of text.matchAll(/GLIBC_(\d+)\.(\d+)/g)) {
      const found = [Number(major), Number(minor)];
      if (compare(found, floor) > 0) floor = found;
    }
  }
  return floor.join('.');
}

function compare([majorA = 0, minorA = 0]: readonly number[], [majorB = 0, minorB = 0]: readonly number[]): number {
  return majorA - majorB || minorA - minorB;
}

async function setModes(stage: string): Promise<void> {
  for (const entry of await readdir(stage, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const executable = entry.isDirectory() || EXECUTABLES.includes(relative(stage, path));
    await chmod(path, executable ? 0o755 : 0o644);
  }
  await chmod(stage, 0o755);
}

async function removeEmptyFolders(folder: string): Promise<boolean> {
  let empty = true;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!(entry.isDirectory() && (await removeEmptyFolders(join(folder, entry.name))))) empty = false;
  }
  if (empty) await rm(folder, { recursive: true });
  return empty;
}

async function pack(folder: string, name: string, archive: string): Promise<void> {
  const fixed = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu'];
  const tar = spawn('tar', [...fixed, '-C', folder, '-cf', '-', name], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(tar, 'close');
  const partial = `${archive}.partial`;
  await mkdir(dirname(archive), { recursive: true });
  await pipeline(tar.stdout, createGzip({ level: 6 }), createWriteStream(partial));
  const [code] = await ended;
  if (code !== 0) throw new Error('tar failed: GNU tar is needed, and room for the archive');
  await rename(partial, archive);
}

async function outputOf(file: string, args: readonly string[]): Promise<string> {
  const child = spawn(file, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk);
  const [code] = await ended;
  if (code !== 0) throw new Error(`${file} ${args[0]} failed`);
  return Buffer.concat(chunks).toString('utf8');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
