/**
 * What makes a bundle tamper-evident: `SHA256SUMS` names every other file of its tree with its sha256, in the format of
 * sha256sum, and `SHA256SUMS.sig` is the Ed25519 signature over its bytes.
 *
 * The installer runs this file before the packages beside it have been verified, so it imports nothing but Node's own.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';

export const MANIFEST = 'SHA256SUMS';
export const SIGNATURE = 'SHA256SUMS.sig';

/** What sha256sum writes without escapes, and what every tar and shell takes. */
const PLAIN_PATH = /^[\w@+.,-]+(\/[\w@+.,-]+)*$/;

const LINE = /^([0-9a-f]{64}) {2}(.+)$/;

interface Tree {
  /** Relative to the root, with slashes, sorted by code unit. */
  readonly files: readonly string[];
  /** Links, devices and the like, which no bundle has. */
  readonly others: readonly string[];
}

export async function listTree(root: string): Promise<Tree> {
  const files: string[] = [];
  const others: string[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    (entry.isFile() ? files : others).push(relative(root, join(entry.parentPath, entry.name)));
  }
  return { files: files.sort(), others: others.sort() };
}

/** Describes the tree as it is. @throws Error where a path is not plain or is no file */
export async function writeManifest(root: string): Promise<void> {
  const { files, others } = await listTree(root);
  const lines: string[] = [];
  for (const path of files.filter((name) => name !== MANIFEST && name !== SIGNATURE)) {
    lines.push(`${await sha256Of(join(root, path))}  ${path}\n`);
  }
  const odd = [...others, ...files.filter((path) => !PLAIN_PATH.test(path))];
  if (odd.length > 0) throw new Error(`A bundle holds plain files with plain names only, not ${odd.join(', ')}`);
  await writeFile(join(root, MANIFEST), lines.join(''));
}

/** @param privateKey PEM, PKCS #8 @throws Error where it is no Ed25519 key */
export async function signManifest(root: string, privateKey: string): Promise<void> {
  const key = ed25519(() => createPrivateKey(privateKey), 'private');
  await writeFile(join(root, SIGNATURE), sign(null, await readFile(join(root, MANIFEST)), key));
}

/**
 * Compares a tree with its manifest, and the manifest with its signature where a public key (PEM) is given.
 * @returns one sentence a problem, each beginning with the path of the file it is about; none where all is as it was made
 * @throws Error where the key is no Ed25519 key
 */
export async function verifyTree(root: string, publicKey: string | undefined): Promise<readonly string[]> {
  const manifest = await readOptional(join(root, MANIFEST));
  if (manifest === undefined) return [`${MANIFEST}: missing`];
  const signature = await readOptional(join(root, SIGNATURE));
  if (publicKey !== undefined) {
    const key = ed25519(() => createPublicKey(publicKey), 'public');
    if (signature === undefined) return [`${SIGNATURE}: missing, so the bundle is not signed`];
    // Nothing that an unproven manifest says is worth comparing.
    if (!verify(null, manifest, key, signature)) return [`${MANIFEST}: does not match its signature, ${SIGNATURE}`];
  }
  const expected = new Map<string, string>();
  for (const line of manifest.toString('utf8').trimEnd().split('\n')) {
    const [, sha256, path] = LINE.exec(line) ?? [];
    if (sha256 === undefined || path === undefined || !PLAIN_PATH.test(path) || path.split('/').includes('..')) {
      return [`${MANIFEST}: has a line that is none of a manifest`];
    }
    expected.set(path, sha256);
  }
  const { files, others } = await listTree(root);
  const present = new Set(files);
  const problems = others.map((path) => `${path}: is not a plain file`);
  for (const path of files) {
    const sha256 = expected.get(path);
    if (path === MANIFEST || path === SIGNATURE) continue;
    if (sha256 === undefined) problems.push(`${path}: is not of the bundle`);
    else if ((await sha256Of(join(root, path))) !== sha256) problems.push(`${path}: is not what ${MANIFEST} says`);
  }
  for (const path of expected.keys()) if (!present.has(path)) problems.push(`${path}: missing`);
  return problems;
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

function ed25519(read: () => KeyObject, kind: string): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw new Error(`The ${kind} key is not a PEM file of one`, { cause });
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new Error(`The ${kind} key is of the type ${key.asymmetricKeyType}: Ed25519 was expected`);
  }
  return key;
}

async function readOptional(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
