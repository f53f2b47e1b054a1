/**
 * Promise: nothing leaves. The server runs in a network namespace that has a loopback device and nothing else, under
 * strace: it reads every fixture and PDFs that ask for the network in every way the format has (links, actions at
 * opening, scripts, forms that send themselves, streams, fonts and images in other places), and neither it nor its
 * engine connects to anything. What they ask for is on the loopback, where a listener would see it. At full scale the
 * test suite runs in the namespace too.
 *
 *     node scripts/harness/network.mjs [--scale N] [--seed N]
 *
 * Needs unshare, ip (iproute2), strace, and root or user namespaces.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openClient } from './client.mjs';
import { fixture } from './documents.mjs';
import { runHarness } from './options.mjs';
import { FIRST_FREE, onePage, stream } from './pdf-parts.mjs';
import { childrenOf, ROOT, sendSignal, startServer, temporaryFolder } from './server.mjs';

/** Set in the namespace, where the harness runs anew. */
const INSIDE = 'OMEGA_HARNESS_IN_NAMESPACE';
const SELF = fileURLToPath(import.meta.url);
/** Below this the test suite, which CI runs by itself, is left out. */
const SUITE_SCALE = 0.5;
const TEXT = 'BT /F 12 Tf 10 40 Td (Nothing leaves this house) Tj ET';

if (process.env[INSIDE] === undefined) {
  const missing = ['unshare', 'ip', 'strace'].filter((tool) => spawnSync(tool, ['-V']).error !== undefined);
  if (missing.length > 0)
    console.log(`network: SKIPPED, since ${missing.join(', ')} is not installed: NOTHING WAS SHOWN`);
  process.exit(missing.length > 0 ? 0 : enterNamespace());
}

await runHarness('network', async ({ scale }) => {
  const interfaces = Object.keys(networkInterfaces());
  if (interfaces.some((name) => name !== 'lo')) throw new Error(`the namespace has ${interfaces.join(', ')}`);
  let asked = 0;
  const listener = createServer((_, answer) => {
    asked += 1;
    answer.end();
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address();

  const trace = join(temporaryFolder('network'), 'trace');
  const wrapper = ['strace', '-f', '--seccomp-bpf', '-e', 'trace=connect,sendto,sendmsg,sendmmsg', '-o', trace];
  const server = await startServer({ dataDir: temporaryFolder('network-data'), wrapper });
  const client = openClient({ url: server.url, key: await server.firstKey() });
  const documents = [
    ...readdirSync(join(ROOT, 'test', 'fixtures', 'documents'))
      .filter((name) => name !== 'truth.json')
      .map((name) => ({ name, bytes: fixture(name) })),
    ...askingPdfs(`http://127.0.0.1:${port}`),
  ];
  const ends = {};
  for (const { name, bytes } of documents) {
    for (const textLayer of ['auto', 'ignore']) {
      const { status, body } = await client.submit(bytes, { fileName: name, fields: { text_layer: textLayer } });
      const end = status === 202 ? (await client.ended(body.jobId)).status : body.code;
      ends[end] = (ends[end] ?? 0) + 1;
    }
  }
  // Strace itself takes no signals; it ends with the process it runs.
  const [api] = childrenOf(server.pid);
  sendSignal(api, 'SIGTERM');
  await server.exited;
  listener.close();

  const lines = readFileSync(trace, 'utf8').split('\n');
  const outward = lines.filter((line) => /sa_family=AF_INET/.test(line));
  const broken = outward.map((line) => `an attempt to reach out: ${line}`);
  if (!lines.some((line) => line.includes('exited with'))) broken.push('strace saw nothing');
  if (asked > 0) broken.push(`${asked} requests reached the address in the documents`);
  let suite = 'the suite left out';
  if (scale >= SUITE_SCALE) {
    const { status, stdout } = spawnSync('npx', ['vitest', 'run'], { cwd: ROOT, encoding: 'utf8' });
    suite = /Tests .*/.exec(stdout)?.[0] ?? 'the suite did not run';
    if (status !== 0) broken.push(`the test suite fails without a network: ${stdout.slice(-2_000)}`);
  }
  return {
    summary:
      `${documents.length} documents, each read in two ways (${JSON.stringify(ends)}), with no network but loopback: ` +
      `${outward.length} connects, ${asked} requests; ${suite}`,
    broken,
  };
});

/** Runs this harness in a namespace of its own. Returns its exit status. */
function enterNamespace() {
  const script = 'ip link set lo up && exec "$@"';
  const { status, error } = spawnSync(
    'unshare',
    ['--net', '--map-root-user', 'sh', '-c', script, 'sh', process.execPath, SELF, ...process.argv.slice(2)],
    { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } },
  );
  if (error !== undefined) console.log(`network: could not be run: ${error.message}`);
  return status ?? 1;
}

/** PDFs that ask whoever opens, shows or prints them for `url`. */
function askingPdfs(url) {
  const first = `${FIRST_FREE} 0 R`;
  const elsewhere = `<< /Type /Filespec /FS /URL /F (${url}/file) /UF (${url}/file) >>`;
  const actions = {
    uri: `<< /S /URI /URI (${url}/uri) >>`,
    script: `<< /S /JavaScript /JS (app.launchURL\\('${url}/script'\\); this.submitForm\\('${url}/form'\\);) >>`,
    launch: `<< /S /Launch /F ${elsewhere} >>`,
    'remote-document': `<< /S /GoToR /F ${elsewhere} /D [0 /Fit] >>`,
    form: `<< /S /SubmitForm /F ${elsewhere} /Flags 4 >>`,
    'form-data': `<< /S /ImportData /F ${elsewhere} >>`,
  };
  const documents = Object.entries(actions).map(([name, action]) => ({
    name,
    bytes: onePage({
      content: TEXT,
      page: `/AA << /O ${action} /C ${action} >>
        /Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 200 100] /A ${action} >>
          << /Type /Annot /Subtype /Widget /FT /Btn /T (send) /Rect [0 0 50 20] /A ${action} /AA << /PO ${action} >> >>]`,
    }),
  }));
  const external = (entries) => stream(`${entries} /F ${elsewhere} /FFilter /FlateDecode`, '');
  return [
    ...documents,
    { name: 'external-content', bytes: onePage({ page: `/Contents ${first}`, objects: [external('')] }) },
    {
      name: 'external-image',
      bytes: onePage({
        content: `${TEXT} q 100 0 0 50 0 0 cm /I Do Q`,
        resources: `/XObject << /I ${first} >>`,
        objects: [
          external('/Type /XObject /Subtype /Image /Width 10 /Height 10 /ColorSpace /DeviceGray /BitsPerComponent 8'),
        ],
      }),
    },
    {
      name: 'reference-to-another-document',
      bytes: onePage({
        content: `${TEXT} /X Do`,
        resources: `/XObject << /X ${first} >>`,
        objects: [stream(`/Type /XObject /Subtype /Form /BBox [0 0 200 100] /Ref << /F ${elsewhere} /Page 0 >>`, TEXT)],
      }),
    },
    {
      name: 'external-font',
      bytes: onePage({
        content: 'BT /G 12 Tf 10 40 Td (Letters from elsewhere) Tj ET',
        resources: `/Font << /F 4 0 R /G << /Type /Font /Subtype /TrueType /BaseFont /Elsewhere /FontDescriptor
          << /Type /FontDescriptor /FontName /Elsewhere /Flags 32 /FontFile2 ${first} >> >> >>`,
        objects: [external('')],
      }),
    },
  ];
}
