/**
 * The software bill of materials of a bundle, CycloneDX 1.5: npm's own of the packages, and with it the models, the
 * runtime and what is compiled into it, and the native parts. The same inputs give the same bytes: it has no date.
 */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import type { Manifest, ModelEntry } from '../engine/models.js';
import { sha256Of } from './bundle-manifest.js';

interface Component {
  readonly type: string;
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly externalReferences?: readonly { readonly url: string }[];
  readonly [member: string]: unknown;
}

interface Bom {
  readonly specVersion: string;
  readonly metadata: { readonly component: Component; readonly [member: string]: unknown };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
  readonly [member: string]: unknown;
}

export interface BomParts {
  /** What `npm sbom --sbom-format cyclonedx` printed. */
  readonly npm: string;
  /** `name@version` of the packages that are shipped. */
  readonly packages: ReadonlySet<string>;
  readonly version: string;
  /** Root of the staged bundle, of which native files are hashed. */
  readonly stage: string;
  readonly manifest: Manifest;
  readonly models: readonly ModelEntry[];
  readonly libraries: readonly string[];
  /** NVIDIA's, by their paths in the bundle. */
  readonly cuda: readonly string[];
  /** Versions of the parts of libvips, by name. */
  readonly imageLibraries: Readonly<Record<string, string>>;
}

export async function makeBom(parts: BomParts): Promise<string> {
  const npm = JSON.parse(parts.npm) as Bom;
  const { tools: _, timestamp: __, ...metadata } = npm.metadata as Bom['metadata'] & Record<string, unknown>;
  const packages = npm.components
    .filter(({ name, version }) => parts.packages.has(`${name}@${version}`))
    .map((component) => ({ ...component, externalReferences: component.externalReferences?.filter(isAddress) ?? [] }));
  const added = [
    await runtime(parts),
    await addon(parts),
    ...(await libraries(parts)),
    ...(await cuda(parts)),
    ...models(parts),
  ];
  const images = packages.map((component) =>
    component.name.startsWith('@img/sharp-libvips-')
      ? { ...component, components: builtIn(component, parts.imageLibraries) }
      : component,
  );
  const components = [...images, ...added].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
  const refs = new Set(components.map((component) => component['bom-ref']));
  const own = npm.metadata.component['bom-ref'];
  const dependencies = npm.dependencies
    .filter(({ ref }) => ref === own || refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({
      ref,
      dependsOn: [
        ...dependsOn.filter((to) => refs.has(to)),
        ...(ref === own ? added.map((c) => c['bom-ref']) : []),
      ].sort(),
    }))
    .sort((a, b) => (a.ref < b.ref ? -1 : 1));
  const body = {
    metadata: { ...metadata, component: { ...npm.metadata.component, type: 'application', name: 'ocr-omega' } },
    components,
    dependencies,
  };
  const head = { $schema: npm.$schema, bomFormat: 'CycloneDX', specVersion: npm.specVersion };
  return `${JSON.stringify({ ...head, serialNumber: serialNumber(JSON.stringify(body)), version: 1, ...body }, null, 2)}\n`;
}

/** Packages may give git's short form, as in git@host:path, which is no URI and so not valid in CycloneDX. */
function isAddress({ url }: { readonly url: string }): boolean {
  return URL.canParse(url);
}

/** A UUID of version 8 (RFC 9562, section 5.8) out of the contents, where a random one would differ every time. */
function serialNumber(contents: string): string {
  const hex = createHash('sha256').update(contents).digest('hex');
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** OpenSSL, V8 and others are compiled into Node. */
async function runtime({ stage }: BomParts): Promise<Component> {
  const { node: version, modules: _, napi: __, ...compiledIn } = process.versions;
  const component = {
    ...part('platform', 'node', version as string),
    purl: `pkg:generic/node@${version}`,
    licenses: [{ license: { name: 'licences/node.txt' } }],
    hashes: [{ alg: 'SHA-256', content: await sha256Of(join(stage, 'runtime/node')) }],
  };
  return { ...component, components: builtIn(component, compiledIn as Record<string, string>) };
}

async function addon({ stage, version }: BomParts): Promise<Component> {
  return {
    ...part('library', 'omega.node', version),
    licenses: [{ license: { id: 'AGPL-3.0-or-later' } }],
    hashes: [{ alg: 'SHA-256', content: await sha256Of(join(stage, 'app/build/Release/omega.node')) }],
  };
}

async function libraries({ stage, libraries: names }: BomParts): Promise<Component[]> {
  return Promise.all(
    names.map(async (name) => ({
      type: 'library',
      'bom-ref': name,
      name,
      licenses: [{ expression: 'GPL-3.0-or-later WITH GCC-exception-3.1' }],
      hashes: [{ alg: 'SHA-256', content: await sha256Of(join(stage, 'runtime/lib', name)) }],
    })),
  );
}

async function cuda({ stage, cuda: paths }: BomParts): Promise<Component[]> {
  return Promise.all(
    paths.map(async (path) => ({
      type: 'library',
      'bom-ref': path,
      name: basename(path),
      licenses: [{ license: { name: 'NVIDIA, in licences/nvidia' } }],
      hashes: [{ alg: 'SHA-256', content: await sha256Of(join(stage, path)) }],
    })),
  );
}

function models({ manifest, models: entries }: BomParts): Component[] {
  return entries.map(({ id, file, sha256, licence, origin }) => {
    const packaged = 'package' in origin ? origin.package : undefined;
    const version = packaged === undefined ? undefined : manifest.packages[packaged]?.version;
    return {
      type: 'machine-learning-model',
      'bom-ref': `model:${id}`,
      name: id,
      ...(packaged === undefined || version === undefined ? {} : { version, purl: `pkg:pypi/${packaged}@${version}` }),
      licenses: [{ license: { id: licence } }],
      hashes: [{ alg: 'SHA-256', content: sha256 }],
      properties: [{ name: 'ocr-omega:file', value: `app/models/${file}` }],
    };
  });
}

function part(type: string, name: string, version: string): Component {
  return { type, 'bom-ref': `${name}@${version}`, name, version };
}

function builtIn(holder: Component, versions: Readonly<Record<string, string>>): Component[] {
  return Object.entries(versions)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, version]) => ({
      ...part('library', name, version),
      'bom-ref': `${holder['bom-ref']}/${name}@${version}`,
    }));
}
