import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MANIFEST, SIGNATURE, signManifest, verifyTree, writeManifest } from '../../../src/cli/bundle-manifest.js';

const pem = (type: 'ed25519' | 'ed448') => {
  const { privateKey, publicKey } = type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448');
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
};
const release = pem('ed25519');

let root: string;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'omega-manifest-'));
  mkdirSync(join(root, 'app'));
  writeFileSync(join(root, 'app/b.js'), 'two\n');
  writeFileSync(join(root, 'a.txt'), '');
  await writeManifest(root);
  await signManifest(root, release.privateKey);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const verify = () => verifyTree(root, release.publicKey);

describe('the manifest of a bundle', () => {
  it('lists every file with its sha256, sorted, as sha256sum does', () => {
    expect(readFileSync(join(root, MANIFEST), 'utf8')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a.txt\n' +
        '27dd8ed44a83ff94d557f9fd0412ed5a8cbca69ea04922d88c01184a07300a5a  app/b.js\n',
    );
  });

  it('agrees with a tree that is as it was made', async () => {
    expect(await verify()).toEqual([]);
  });

  it('names each changed, missing and additional file, and what is no file', async () => {
    writeFileSync(join(root, 'app/b.js'), 'twO\n');
    rmSync(join(root, 'a.txt'));
    writeFileSync(join(root, 'app/c.js'), '');
    symlinkSync('/etc/passwd', join(root, 'link'));
    expect(await verify()).toEqual([
      'link: is not a plain file',
      'app/b.js: is not what SHA256SUMS says',
      'app/c.js: is not of the bundle',
      'a.txt: missing',
    ]);
  });

  it('is itself refused when it does not match its signature, before anything it says is believed', async () => {
    writeFileSync(join(root, 'app/b.js'), 'twO\n');
    await writeManifest(root);
    expect(await verify()).toEqual(['SHA256SUMS: does not match its signature, SHA256SUMS.sig']);
    expect(await verifyTree(root, undefined)).toEqual([]);
  });

  it('is refused with the key of another, or without a signature', async () => {
    expect(await verifyTree(root, pem('ed25519').publicKey)).toEqual([
      'SHA256SUMS: does not match its signature, SHA256SUMS.sig',
    ]);
    rmSync(join(root, SIGNATURE));
    expect(await verify()).toEqual(['SHA256SUMS.sig: missing, so the bundle is not signed']);
  });

  it('is refused where a line names a file outside of the tree', async () => {
    writeFileSync(join(root, MANIFEST), `${'0'.repeat(64)}  ../outside\n`);
    expect(await verifyTree(root, undefined)).toEqual(['SHA256SUMS: has a line that is none of a manifest']);
  });

  it('is not made of names that a shell or tar would change', async () => {
    writeFileSync(join(root, 'two words'), '');
    await expect(writeManifest(root)).rejects.toThrow('not two words');
  });

  it('is signed with Ed25519 and nothing else', async () => {
    await expect(signManifest(root, pem('ed448').privateKey)).rejects.toThrow('Ed25519 was expected');
    await expect(verifyTree(root, pem('ed448').publicKey)).rejects.toThrow('Ed25519 was expected');
  });
});
