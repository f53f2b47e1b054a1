/**
 * Tries a bundle as an operator without a network would: it is made, signed, and installed in an empty root, in a network
 * namespace that has only its own loopback. As root, on Linux.
 *
 *     node scripts/bundle/trial.mjs [--root DIR] [--twice]
 *
 * `--root` is a system to install in, such as debootstrap makes (it is written to); without it, a minimal one is put
 * together of a shell, coreutils, findutils, sed, tar and gzip of this machine and the libraries they load.
 * `--twice` makes the bundle twice and compares the bytes.
 */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { signManifest, writeManifest } from '../../dist/cli/bundle-manifest.js';
import { commandLine } from '../command-line.mjs';
import { ROOT } from '../root.mjs';

const PREFIX = '/opt/ocr-omega';
const TEXT = 'Harbour Library Newsletter';

const PROGRAMS = [
  ...['sh', 'sed', 'find', 'tar', 'gzip', 'sha256sum', 'cut', 'cat', 'cp', 'mv', 'mkdir', 'chmod', 'rm', 'ls'],
  ...['readlink', 'dirname', 'basename', 'sync', 'env'],
];

/** One of every kind of file. */
const KINDS = [
  ...['SHA256SUMS', 'SHA256SUMS.sig', 'bundle.json', 'sbom.cdx.json', 'LICENSE', 'licences/node.txt', 'bin/omega'],
  ...['runtime/node', 'runtime/lib/libstdc++.so.6', 'app/package.json', 'app/dist/main.js'],
  ...['app/dist/cli/bundle-manifest.js', 'app/dist/console/index.html', 'app/build/Release/omega.node'],
  ...['app/node_modules/fastify/fastify.js', 'app/models/manifest.json', 'app/models/pp-ocrv6-small-rec.onnx'],
];

const values = commandLine('trial', 'Makes a bundle and installs it where there is no network.')
  .option('--root <dir>', 'a system to install in, which is written to; a minimal one unless said')
  .option('--twice', 'make the bundle twice and compare the bytes')
  .parse()
  .opts();

if (process.platform !== 'linux' || process.getuid() !== 0 || run('unshare', '--net', 'true').status !== 0) {
  console.log('SKIPPED: the trial of the bundle needs root and network namespaces, which this machine does not give.');
  process.exit();
}

const scratch = mkdtempSync(join(tmpdir(), 'omega-bundle-'));
try {
  await trial();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function trial() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(scratch, 'release.pem'), privatePem, { mode: 0o600 });
  const archive = makeBundle('first');
  say(`made ${basename(archive)}: ${(readFileSync(archive).length / 1e6).toFixed(0)} MB`);
  if (values.twice) {
    expect('the same inputs give the same bytes', readFileSync(archive).equals(readFileSync(makeBundle('second'))));
  }

  const root = values.root ?? minimalRoot(join(scratch, 'root'));
  mkdirSync(join(root, 'media'), { recursive: true });
  writeFileSync(join(root, 'media/release.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  cpSync(join(ROOT, 'test/fixtures/documents/letter.pdf'), join(root, 'media/letter.pdf'));
  cpSync(join(import.meta.dirname, 'visit.mjs'), join(root, 'media/visit.mjs'));
  cpSync(archive, join(root, 'media/bundle.tar.gz'));
  const inside = (command) => chroot(root, command);
  const succeeds = (claim, command, pattern = /(?:)/) => {
    const { status, output } = inside(command);
    expect(claim, status === 0 && pattern.test(output), output);
    return output;
  };
  const refuses = (claim, command, sentence) => {
    const { status, output } = inside(command);
    expect(claim, status !== 0 && output.includes(sentence), output);
  };

  succeeds('it unpacks', 'cd /media && tar -xzf bundle.tar.gz && mv ocr-omega-* bundle');
  const tree = join(root, 'media/bundle');
  const install = '/media/bundle/install.sh --key /media/release.pub';
  refuses('it installs nothing whose origin it is not told', '/media/bundle/install.sh', 'say --key FILE');
  tamper(tree, (path) => {
    refuses(`one flipped byte is refused: ${path}`, install, path);
    expect('  and nothing was installed', !existsSync(join(root, PREFIX)));
  });
  writeFileSync(join(tree, 'app/additional.js'), '');
  refuses('a file too many is refused', install, 'app/additional.js: is not of the bundle');
  renameSync(join(tree, 'app/additional.js'), join(tree, 'runtime/lib/libm.so.6'));
  refuses('so is a library beside the runtime', install, 'runtime/lib/libm.so.6: is not of the bundle');
  rmSync(join(tree, 'runtime/lib/libm.so.6'));
  renameSync(join(tree, 'sbom.cdx.json'), join(scratch, 'sbom'));
  refuses('a missing file is refused', install, 'sbom.cdx.json: missing');
  renameSync(join(scratch, 'sbom'), join(tree, 'sbom.cdx.json'));

  succeeds('it installs', install, /is installed: \/opt\/ocr-omega\/bin\/omega/);
  const omega = `${PREFIX}/bin/omega`;
  say(succeeds('omega doctor finds nothing', `${omega} doctor`, /ok {4}Trial/).trim());
  succeeds('omega ocr reads a text layer', `${omega} ocr /media/letter.pdf`, new RegExp(TEXT));
  succeeds('omega ocr reads an image', `${omega} ocr --text-layer ignore /media/letter.pdf`, new RegExp(TEXT));
  succeeds('omega verify agrees', `${omega} verify`, /Every file is as released; the signature is right/);

  const submitted = JSON.parse(succeeds('omega serve reads a document', visit('submit /media/letter.pdf')));
  expect('  which says what it should', submitted.markdown.includes(TEXT));
  const isKept = (claim) => {
    const job = JSON.parse(succeeds(claim, visit(`read ${submitted.key} ${submitted.id}`)));
    expect('  word for word', job.status === 'completed' && job.markdown === submitted.markdown);
  };

  await release(tree, privatePem, '0.1.1-trial');
  tamper(
    tree,
    (path) => refuses(`an upgrade with one flipped byte is refused: ${path}`, '/media/bundle/install.sh', path),
    ['SHA256SUMS', 'runtime/node', 'app/models/pp-ocrv6-small-rec.onnx'],
  );
  succeeds('an upgrade goes by the key that was pinned', '/media/bundle/install.sh', /0\.1\.1-trial is installed/);
  succeeds('the new version runs', `${omega} --version`, /^0\.1\.1-trial$/m);
  isKept('the job is kept by the upgrade');
  refuses('an unsigned bundle is refused once a key is pinned', '/media/bundle/install.sh --unsigned', 'is pinned');
  succeeds('it rolls back', `${PREFIX}/current/install.sh --rollback`, /is back at/);
  succeeds('the old version runs', `${omega} --version`, /^(?!0\.1\.1-trial)/);
  isKept('the job is kept by the rollback');
  const model = join(root, PREFIX, 'current/app/models/pp-ocrv6-tiny-det.onnx');
  flip(model.replace('/current/', `/${run('readlink', join(root, PREFIX, 'current')).output.trim()}/`));
  refuses('omega verify names what changed since', `${omega} verify`, 'app/models/pp-ocrv6-tiny-det.onnx');
  say('all of it is as promised');
}

function makeBundle(folder) {
  const out = join(scratch, folder);
  const made = run('node', join(ROOT, 'dist/main.js'), 'bundle', '--out', out, '--sign', join(scratch, 'release.pem'));
  if (made.status !== 0) throw new Error(made.output);
  return made.output.trim();
}

/** Flips one byte in the middle of each kind of file, hands its path over, and puts it back. */
function tamper(tree, check, paths = KINDS) {
  for (const path of paths) {
    flip(join(tree, path));
    check(path);
    flip(join(tree, path));
  }
}

function flip(path) {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
}

/** Makes the tree a later release. */
async function release(tree, privatePem, version) {
  for (const file of ['bundle.json', 'app/package.json']) {
    const path = join(tree, file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"version": "[^"]*"/, `"version": "${version}"`));
  }
  await writeManifest(tree);
  await signManifest(tree, privatePem);
}

function visit(args) {
  const runtime = `${PREFIX}/current/runtime`;
  return `LD_LIBRARY_PATH=${runtime}/lib ${runtime}/node /media/visit.mjs ${args}`;
}

/** A shell with the few programs of PROGRAMS; no package manager, compiler, Python, OpenSSL or Node. */
function minimalRoot(root) {
  for (const folder of ['usr/bin', 'usr/lib', 'usr/lib64', 'tmp', 'proc', 'dev', 'etc', 'opt']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const folder of ['bin', 'lib', 'lib64']) run('ln', '-s', `usr/${folder}`, join(root, folder));
  const libraries = new Set();
  // The C library's parts that the bundle counts on, though none of the programs does.
  const parts = ['libdl.so.2', 'libm.so.6', 'libpthread.so.0', 'libresolv.so.2', 'librt.so.1'].map(
    (name) => `/lib/x86_64-linux-gnu/${name}`,
  );
  for (const program of PROGRAMS) {
    const path = run('which', program).output.trim();
    cpSync(path, join(root, 'usr/bin', program), { dereference: true });
    for (const [library] of run('ldd', path).output.matchAll(/\/\S+/g)) libraries.add(library);
  }
  for (const path of [...libraries, ...parts]) {
    const place = path.startsWith('/lib64') ? `usr${path}` : path.replace(/^(\/usr)?\//, 'usr/');
    mkdirSync(dirname(join(root, place)), { recursive: true });
    cpSync(path, join(root, place), { dereference: true });
  }
  return root;
}

/** In namespaces of its own: no interface but loopback, which comes up; no process of this machine. */
function chroot(root, command) {
  const devices = ['null', 'zero', 'urandom', 'random', 'full'];
  const prepare = [
    'mount --make-rprivate /',
    `mount -t proc proc ${root}/proc`,
    `mount -t tmpfs tmpfs ${root}/dev`,
    ...devices.map((name) => `touch ${root}/dev/${name} && mount --bind /dev/${name} ${root}/dev/${name}`),
    'ip link set lo up',
    '[ "$(ip -o link | wc -l)" = 1 ]',
    `exec chroot ${root} /usr/bin/env -i PATH=/usr/bin:/bin HOME=/tmp /bin/sh -c "$0"`,
  ];
  return run('unshare', '--net', '--mount', '--pid', '--ipc', '--fork', 'sh', '-c', prepare.join(' && '), command);
}

function run(file, ...args) {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
  if (error !== undefined) return { status: 1, output: error.message };
  return { status, output: `${stdout}${stderr}` };
}

function expect(claim, holds, output = '') {
  if (!holds) throw new Error(`NOT SO: ${claim}\n${output}`);
  say(`ok  ${claim}`);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
