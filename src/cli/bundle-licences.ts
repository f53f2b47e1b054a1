/** The licence text of every part of a bundle: a part without one is refused, so that none is shipped unlicensed. */
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/** What packages come without, by package: their own licence, or those of what is compiled into them. See the folder's README. */
export const TEXTS: Readonly<Record<string, readonly string[]>> = {
  '@img/sharp-libvips-linux-x64': ['lgpl-3.0.txt', 'gpl-3.0.txt', 'libvips-parts.txt'],
  '@img/sharp-libvips-linux-arm64': ['lgpl-3.0.txt', 'gpl-3.0.txt', 'libvips-parts.txt'],
  '@napi-rs/nice-linux-x64-gnu': ['napi-rs-nice.txt'],
  '@napi-rs/nice-linux-arm64-gnu': ['napi-rs-nice.txt'],
  'abstract-logging': ['abstract-logging.txt'],
  mupdf: ['mupdf-parts.txt'],
  'onnxruntime-common': ['onnxruntime.txt'],
  'onnxruntime-node': ['onnxruntime.txt', 'onnxruntime-parts.txt'],
  'pg-types': ['pg-types.txt'],
  pgpass: ['pgpass.txt'],
};

/** Where systems keep the licences of what the runtime is made of. */
const SYSTEM_PLACES = {
  'node.txt': [
    '/usr/share/doc/nodejs/LICENSE',
    '/usr/share/doc/nodejs/copyright',
    '/usr/share/licenses/nodejs/LICENSE',
  ],
  'gcc-runtime.txt': [
    '/usr/share/doc/libstdc++6/copyright',
    '/usr/share/licenses/libstdc++/COPYING.RUNTIME',
    '/usr/share/doc/libgcc-s1/copyright',
  ],
} as const;

/**
 * @param packages folders of npm packages, relative to `root`
 * @param own folder with `node.txt` and `gcc-runtime.txt`, where the system has none of its own
 * @throws Error that names the parts without a licence
 */
export async function collectLicences(
  root: string,
  packages: readonly { readonly path: string; readonly name: string; readonly version: string }[],
  own: string | undefined,
  to: string,
): Promise<void> {
  const missing: string[] = [];
  for (const { path, name, version } of packages) {
    const folder = join(root, path);
    const bundled = (await readdir(folder)).filter((file) => LICENCE_FILE.test(file)).map((file) => join(folder, file));
    const texts = (TEXTS[name] ?? []).map((file) => join(root, 'deploy/bundle/licences', file));
    const sources = [...bundled, ...texts];
    if (sources.length === 0) missing.push(`${name} ${version}`);
    else await joinTexts(sources, join(to, 'npm', `${name.replace('/', '+')}-${version}.txt`));
  }
  for (const [file, places] of Object.entries(SYSTEM_PLACES)) {
    const nodeFolder = join(dirname(process.execPath), '../LICENSE');
    const candidates = [
      ...(own === undefined ? [] : [join(own, file)]),
      ...(file === 'node.txt' ? [nodeFolder] : []),
      ...places,
    ];
    if (!(await copyFirst(candidates, join(to, file))))
      missing.push(`${file} (give a folder that has it by --licences)`);
  }
  if (missing.length > 0) throw new Error(`No licence was found for ${missing.join(', ')}`);
}

async function joinTexts(sources: readonly string[], to: string): Promise<void> {
  const texts = await Promise.all([...sources].sort().map((source) => readFile(source, 'utf8')));
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, texts.join('\n'));
}

async function copyFirst(candidates: readonly string[], to: string): Promise<boolean> {
  for (const candidate of candidates) {
    try {
      await copyFile(candidate, to);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return false;
}
