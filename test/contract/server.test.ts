import { connect } from 'node:net';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { Value } from 'typebox/value';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VERSION } from '../../src/cli/version.js';
import { Job, JobReceipt } from '../../src/schema/job.js';
import { NodeList, type NodeView } from '../../src/schema/node.js';
import { formOf, type Harness, type Script, SECRET_TEXT, scripted, startHarness } from './server-harness.js';

let server: Harness;
let key: string;

beforeEach(async () => {
  server = await startHarness();
  ({ key } = await server.createKey());
});
afterEach(() => server.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(server.url + path, { headers: { 'x-api-key': key, ...headers } });

const submit = (
  script: Script | Buffer | undefined,
  fields: Record<string, string> = {},
  { query = '', headers = {} }: { query?: string; headers?: Record<string, string> } = {},
) =>
  fetch(`${server.url}/v1/ocr${query}`, {
    method: 'POST',
    headers: { 'x-api-key': key, ...headers },
    body: formOf(script === undefined || Buffer.isBuffer(script) ? script : scripted(script), fields),
  });

const body = async (response: Response) => (await response.json()) as Record<string, unknown>;

async function accepted(script: Script, fields: Record<string, string> = {}): Promise<string> {
  const response = await submit(script, fields);
  expect(response.status).toBe(202);
  return String((await body(response)).jobId);
}

async function finished(jobId: string): Promise<Record<string, unknown>> {
  return body(await get(`/v1/jobs/${jobId}?wait=60`));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('submission', () => {
  test('the receipt has the contract’s members and nothing else', async () => {
    server.engine.shut();
    const response = await submit({ pages: 5 });
    expect(response.status).toBe(202);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const receipt = await body(response);
    expect(receipt).toEqual({
      jobId: expect.stringMatching(UUID),
      status: 'pending',
      pageCount: 5,
      creditsReserved: 5,
      estimatedCompletionSeconds: 10,
    });
    expect(response.headers.get('location')).toBe(`/v1/jobs/${receipt.jobId}`);
  });

  test('pages are reserved at their own price', async () => {
    server.engine.shut();
    const receipt = await body(
      await submit({ pages: 4, providers: ['paddle', 'paddle-plus', 'paddle-structure', 'text-layer'] }),
    );
    expect(receipt.creditsReserved).toBe(1 + 3 + 5 + 1);
  });

  test('pages not analysed within two seconds are reserved at the dearest price', async () => {
    server.engine.shut();
    const begun = performance.now();
    const receipt = await body(await submit({ pages: 3, slowToAnalyze: true }));
    expect(receipt.creditsReserved).toBe(15);
    expect(performance.now() - begun).toBeLessThan(3_000);
  });

  test('chosen pages only are reserved and read, each once, in page order', async () => {
    const jobId = await accepted({ pages: 9 }, { pages: '7, 1-3,2' });
    const job = await finished(jobId);
    expect(job.page_count).toBe(4);
    expect((job.results as { page_number: number }[]).map((page) => page.page_number)).toEqual([1, 2, 3, 7]);
  });

  test('wait answers 200 with the finished job', async () => {
    const response = await submit({ pages: 2 }, {}, { query: '?wait=60' });
    expect(response.status).toBe(200);
    expect(await body(response)).toMatchObject({ status: 'completed', pages_processed: 2, credits_used: 2 });
  });

  test('wait answers the receipt when the job is not done in time', async () => {
    server.engine.shut();
    const response = await submit({ pages: 3 }, {}, { query: '?wait=1' });
    expect(response.status).toBe(202);
    expect(await body(response)).toMatchObject({ status: 'processing', pageCount: 3 });
  });

  test('the upload is erased when the job has ended', async () => {
    await submit({ pages: 2 }, {}, { query: '?wait=60' });
    await expect.poll(() => server.uploads()).toEqual([]);
  });
});

describe('a refused submission', () => {
  const refusal = async (response: Response) => {
    const { type, title, status, detail, code, ...rest } = await body(response);
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(status).toBe(response.status);
    expect(type).toBe(`urn:ocr-omega:error:${code}`);
    expect(title).not.toBe('');
    return { status, code, detail, ...rest };
  };
  afterEach(async () => expect(await server.uploads()).toEqual([]));

  test.each<[string, string, Record<string, string>]>([
    ['request.option-invalid', 'Misspelled option "page" should be "pages".', { page: '1' }],
    [
      'request.option-invalid',
      'Unknown option "format"; expected one of mode, text_layer, pages, languages, dpi, password, word_boxes, searchable_pdf, tables.',
      { format: 'md' },
    ],
    [
      'request.option-invalid',
      'Option "mode" must be one of auto, fast, quality (did you mean "fast"?), not "fats".',
      { mode: 'fats' },
    ],
    ['request.option-invalid', 'Option "word_boxes" must be "true" or "false", not "yes".', { word_boxes: 'yes' }],
    ['request.option-invalid', 'Option "dpi" must be a whole number from 36 to 600, not "30".', { dpi: '30' }],
    ['request.option-invalid', 'Option "dpi" must be a whole number from 36 to 600, not "300.5".', { dpi: '300.5' }],
    [
      'request.option-invalid',
      'Option "languages" must be a list separated by commas, each item matching ^[a-z]{2,3}$, not "en,english".',
      { languages: 'en,english' },
    ],
    ['request.option-invalid', 'Option "pages" has a range that runs backwards: "3-1".', { pages: '3-1' }],
    ['page.out-of-range', 'Option "pages" names page 4 of a document of 3 pages.', { pages: '4' }],
    ['request.option-invalid', 'Option "pages" is longer than the 1024 bytes accepted.', { pages: '1'.repeat(2000) }],
    ['request.option-invalid', 'Russian is not read here.', { languages: 'ru' }],
  ])('with %s: %s', async (code, detail, fields) => {
    expect(await refusal(await submit({ pages: 3 }, fields))).toEqual({ status: 400, code, detail });
  });

  test('an option given twice is refused', async () => {
    const form = formOf(scripted({ pages: 1 }), { mode: 'fast' });
    form.append('mode', 'quality');
    const response = await fetch(`${server.url}/v1/ocr`, { method: 'POST', headers: { 'x-api-key': key }, body: form });
    expect(await refusal(response)).toEqual({
      status: 400,
      code: 'request.option-invalid',
      detail: 'Option "mode" was given twice.',
    });
  });

  test('options may come after the file', async () => {
    const form = formOf(scripted({ pages: 1 }));
    form.append('mood', 'fast');
    const response = await fetch(`${server.url}/v1/ocr`, { method: 'POST', headers: { 'x-api-key': key }, body: form });
    expect(await refusal(response)).toMatchObject({ detail: 'Misspelled option "mood" should be "mode".' });
  });

  test.each<[string, string, string]>([
    ['?wiat=3', 'request.invalid', 'Misspelled query parameter "wiat" should be "wait".'],
    ['?wait=61', 'request.invalid', 'Query parameter "wait" must be a whole number from 0 to 60, not "61".'],
    ['?wait=1&wait=2', 'request.invalid', 'Query parameter "wait" was given twice.'],
  ])('the query %s is refused', async (query, code, detail) => {
    expect(await refusal(await submit({ pages: 1 }, {}, { query }))).toEqual({ status: 400, code, detail });
  });

  test('a form without a file', async () => {
    expect(await refusal(await submit(undefined, { mode: 'fast' }))).toEqual({
      status: 400,
      code: 'file.missing',
      detail: 'The form must have a field "file" with the document.',
    });
  });

  test('a file in another field', async () => {
    const form = new FormData();
    form.append('document', new Blob([new Uint8Array(scripted({ pages: 1 }))]), 'a.pdf');
    const response = await fetch(`${server.url}/v1/ocr`, { method: 'POST', headers: { 'x-api-key': key }, body: form });
    expect(await refusal(response)).toEqual({
      status: 400,
      code: 'file.missing',
      detail: 'The document must come in the field "file", not in "document".',
    });
  });

  test('two files', async () => {
    const form = formOf(scripted({ pages: 1 }));
    form.append('file', new Blob([new Uint8Array(scripted({ pages: 1 }))]), 'b.pdf');
    const response = await fetch(`${server.url}/v1/ocr`, { method: 'POST', headers: { 'x-api-key': key }, body: form });
    expect(await refusal(response)).toMatchObject({
      status: 400,
      code: 'request.invalid',
      detail: 'The form has more than one file; one field "file" was expected.',
    });
  });

  test('an empty file', async () => {
    expect(await refusal(await submit(Buffer.alloc(0)))).toMatchObject({ status: 400, code: 'file.empty' });
  });

  test('a file larger than the limit', async () => {
    expect(await refusal(await submit(Buffer.alloc(100_001, '%PDF-')))).toEqual({
      status: 400,
      code: 'file.too-large',
      detail: 'The file is larger than the 100000 bytes accepted.',
    });
  });

  test('a file of an unsupported type, whatever its name says', async () => {
    expect(await refusal(await submit(Buffer.from('GIF89a....')))).toEqual({
      status: 400,
      code: 'file.unsupported-type',
      detail: 'The file must be one of pdf, png, jpeg, tiff, webp by its first bytes; it is none of these.',
    });
  });

  test('a document that the engine refuses', async () => {
    expect(await refusal(await submit({ pages: 1, refused: 'file.encrypted' }))).toEqual({
      status: 400,
      code: 'file.encrypted',
      detail: 'The document is refused.',
    });
  });

  test('more pages than a job may have, unless fewer are chosen', async () => {
    expect(await refusal(await submit({ pages: 51 }))).toEqual({
      status: 400,
      code: 'file.too-many-pages',
      detail: 'A job may have 50 pages, this one has 51; choose some with the option "pages".',
    });
    expect((await submit({ pages: 51 }, { pages: '2-' }, { query: '?wait=60' })).status).toBe(200);
    await expect.poll(() => server.uploads()).toEqual([]);
  });

  test('a body that is no form', async () => {
    const response = await fetch(`${server.url}/v1/ocr`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(await refusal(response)).toEqual({
      status: 400,
      code: 'request.invalid',
      detail: 'The request must be multipart/form-data.',
    });
  });

  test.each([
    ['; filename="a"', '', 'file.missing', 'The document must come in the field "file", not in "".'],
    ['', '', 'request.option-invalid', 'Unknown option ""'],
    [`; name="dpi"`, 'Content-Type: application/json\r\n', 'request.option-invalid', 'Option "dpi" must be'],
  ])('a part that is odd (%j, %j) is refused in words', async (more, header, code, detail) => {
    const text = `--b\r\nContent-Disposition: form-data${more}\r\n${header}\r\n{"toString":1}\r\n--b--\r\n`;
    const response = await fetch(`${server.url}/v1/ocr`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'multipart/form-data; boundary=b' },
      body: text,
    });
    const told = await refusal(response);
    expect([told.status, told.code]).toEqual([400, code]);
    expect(told.detail).toContain(detail);
  });

  test.each([
    ['multipart/form-data', 'x'],
    ['multipart/form-data; boundary=b', 'no boundary at all'],
    [
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n%PDF-',
    ],
    ['multipart/form-data; boundary=b', ''],
  ])('a malformed form: %s, %j', async (type, text) => {
    const response = await fetch(`${server.url}/v1/ocr`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': type },
      body: text,
    });
    expect(await refusal(response)).toMatchObject({ status: 400 });
  });

  test('too few credits: needed and available are told', async () => {
    const metered = await server.createKey({}, 7);
    const response = await fetch(`${server.url}/v1/ocr`, {
      method: 'POST',
      headers: { 'x-api-key': metered.key },
      body: formOf(scripted({ pages: 2, providers: ['paddle-structure', 'paddle-plus'] })),
    });
    expect(await refusal(response)).toMatchObject({
      status: 402,
      code: 'credits.insufficient',
      needed: 8,
      available: 7,
    });
  });

  test('no credits at all are refused before the upload is read', async () => {
    const metered = await server.createKey({ metered: true });
    const response = await fetch(`${server.url}/v1/ocr`, {
      method: 'POST',
      headers: { 'x-api-key': metered.key },
      body: formOf(Buffer.from('not even a document')),
    });
    expect(await refusal(response)).toMatchObject({ status: 402, needed: 1, available: 0 });
  });

  test('the caller who hangs up during the upload leaves no file', async () => {
    const abort = new AbortController();
    let hangUp = () => {};
    const hungUp = new Promise<void>((resolve) => {
      hangUp = resolve;
    });
    async function* slowly() {
      yield Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n%PDF-');
      await hungUp;
      abort.abort();
      yield Buffer.alloc(10);
    }
    const sent = fetch(`${server.url}/v1/ocr`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'multipart/form-data; boundary=b' },
      body: slowly(),
      duplex: 'half',
      signal: abort.signal,
    } as unknown as RequestInit);
    await expect.poll(async () => (await server.uploads()).length, { timeout: 5_000 }).toBe(1);
    hangUp();
    await expect(sent).rejects.toThrow();
    await expect.poll(() => server.uploads(), { timeout: 5_000 }).toEqual([]);
    await delay(100);
    expect(server.logs()).not.toContain('request failed');
  });

  test('the caller who hangs up while pages are priced leaves no file and no job', async () => {
    const abort = new AbortController();
    const sent = fetch(`${server.url}/v1/ocr`, {
      method: 'POST',
      headers: { 'x-api-key': key },
      body: formOf(scripted({ pages: 1, slowToAnalyze: true })),
      signal: abort.signal,
    });
    await expect.poll(async () => (await server.uploads()).length).toBe(1);
    abort.abort();
    await expect(sent).rejects.toThrow();
    await expect.poll(() => server.uploads(), { timeout: 5_000 }).toEqual([]);
    expect(await body(await get('/v1/jobs'))).toEqual({ jobs: [], next_cursor: null });
  });
});

describe('a full queue', () => {
  test('refuses with 429 and Retry-After', async () => {
    await server.close();
    server = await startHarness({ maxQueuedPages: 4 });
    ({ key } = await server.createKey());
    server.engine.shut();
    await accepted({ pages: 3 });
    const response = await submit({ pages: 5 });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await body(response)).toMatchObject({ code: 'limit.queue-full', retryAfterSeconds: 2 });
  });
});

describe('idempotency', () => {
  const headers = { 'idempotency-key': 'order 7' };

  test('the same key and form gives the same job', async () => {
    server.engine.shut();
    const first = await body(await submit({ pages: 2 }, { mode: 'fast', tables: 'false' }, { headers }));
    const second = await submit({ pages: 2 }, { tables: 'false', mode: 'fast' }, { headers });
    expect(second.status).toBe(202);
    expect((await body(second)).jobId).toBe(first.jobId);
    expect((await server.uploads()).length).toBe(1);
  });

  test('another form is refused', async () => {
    await submit({ pages: 2 }, {}, { headers });
    const response = await submit({ pages: 3 }, {}, { headers });
    expect(response.status).toBe(400);
    expect(await body(response)).toMatchObject({ code: 'request.idempotency-mismatch' });
  });

  test('a retry finds its job when the credits are gone', async () => {
    ({ key } = await server.createKey({}, 2));
    const first = await body(await submit({ pages: 2 }, {}, { headers }));
    const retry = await submit({ pages: 2 }, {}, { headers });
    expect(retry.status).toBe(202);
    expect((await body(retry)).jobId).toBe(first.jobId);
  });

  test('a key that is no printable text is refused', async () => {
    const response = await submit({ pages: 1 }, {}, { headers: { 'idempotency-key': 'x'.repeat(256) } });
    expect(response.status).toBe(400);
    expect((await body(response)).detail).toBe(
      'The header Idempotency-Key must be 1 to 255 printable ASCII characters.',
    );
  });
});

describe('a job', () => {
  test('and its receipt are what the schemas say', async () => {
    const receipt = await body(await submit({ pages: 2, failing: [2] }));
    expect(Value.Check(JobReceipt, receipt)).toBe(true);
    expect(Value.Check(Job, await finished(String(receipt.jobId)))).toBe(true);
  });

  test('completed, it has the contract’s members', async () => {
    const jobId = await accepted({ pages: 1 });
    expect(await finished(jobId)).toEqual({
      id: jobId,
      status: 'completed',
      page_count: 1,
      pages_processed: 1,
      credits_used: 1,
      created_at: expect.any(Number),
      completed_at: expect.any(Number),
      results: [
        {
          page_number: 1,
          document_metadata: {
            source_model: 'paddle',
            page_dimensions: { width: 100, height: 200 },
            global_confidence: 0.98,
          },
          content_blocks: [
            {
              block_id: 1,
              type: 'text',
              geometry: { x: 0.1, y: 0.1, width: 0.8, height: 0.1 },
              text: `${SECRET_TEXT} 1`,
              confidence: 0.98,
              lines: [
                {
                  text: `${SECRET_TEXT} 1`,
                  polygon: [
                    [0.1, 0.1],
                    [0.9, 0.1],
                    [0.9, 0.2],
                    [0.1, 0.2],
                  ],
                  confidence: 0.98,
                },
              ],
            },
          ],
          raw_markdown: expect.stringContaining(SECRET_TEXT),
          pipeline_metadata: {
            complexity_score: 8.5,
            provider_used: 'paddle',
            provider_reason: 'Few lines of clean print.',
            model_tier: 'tiny',
          },
        },
      ],
    });
  });

  test('a page that failed has an error and costs nothing', async () => {
    const job = await finished(await accepted({ pages: 2, failing: [2] }));
    expect(job).toMatchObject({ status: 'completed', pages_processed: 1, credits_used: 1 });
    expect((job.results as unknown[])[1]).toEqual({
      page_number: 2,
      error: { code: 'page.unreadable', title: 'Unreadable page', detail: 'The page is damaged.' },
    });
  });

  test('with every page failed it is failed and has an error', async () => {
    const job = await finished(await accepted({ pages: 1, failing: [1] }));
    expect(job).toMatchObject({ status: 'failed', credits_used: 0, error: { code: 'page.unreadable' } });
  });

  test('under way, it shows the pages done so far', async () => {
    server.engine.shut();
    const jobId = await accepted({ pages: 3 });
    await expect.poll(() => server.engine.status().inFlight).toBeGreaterThan(0);
    server.engine.open(1);
    await expect.poll(async () => (await body(await get(`/v1/jobs/${jobId}`))).results).toHaveLength(1);
    expect(await body(await get(`/v1/jobs/${jobId}`))).toMatchObject({ status: 'processing', pages_processed: 1 });
  });

  test('of fifty pages comes whole and in order', async () => {
    const job = await finished(await accepted({ pages: 50 }));
    expect((job.results as { page_number: number }[]).map((page) => page.page_number)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
  });

  test('a long poll wakes up when the job ends', async () => {
    server.engine.shut();
    const jobId = await accepted({ pages: 1 });
    const begun = performance.now();
    const polled = finished(jobId);
    await delay(200);
    server.engine.open();
    expect(await polled).toMatchObject({ status: 'completed' });
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  test('a long poll answers the job as it is when the time is up', async () => {
    server.engine.shut();
    const jobId = await accepted({ pages: 1 });
    const begun = performance.now();
    expect((await body(await get(`/v1/jobs/${jobId}?wait=1`))).status).toMatch(/^(pending|processing)$/);
    expect(performance.now() - begun).toBeGreaterThan(900);
  });

  test('a long poll is answered at once when the server shuts down', async () => {
    server.engine.shut();
    const jobId = await accepted({ pages: 1 });
    const polled = get(`/v1/jobs/${jobId}?wait=60`);
    await delay(200);
    await server.closeServer();
    expect((await polled).status).toBe(200);
  });

  test('a request that reaches a server which stops is told so, as a problem', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const answer = text(socket);
    socket.write('GET /v1/usage HTTP/1.1\r\nhost: x\r\n');
    await delay(100);
    const closed = server.closeServer();
    await delay(50);
    socket.write(`x-api-key: ${key}\r\n\r\n`);
    await closed;
    expect(await answer).toMatch(
      /^HTTP\/1\.1 503 .*\r\nretry-after: 5\r\n.*application\/problem\+json.*"code":"server\.stopping"/s,
    );
  });

  test('of another key is answered as one that never was', async () => {
    const jobId = await accepted({ pages: 1 });
    const other = await server.createKey();
    const ask = async (path: string, method: string) => {
      const response = await fetch(server.url + path, { method, headers: { 'x-api-key': other.key } });
      return { status: response.status, body: await response.text() };
    };
    for (const [suffix, method] of [
      ['', 'GET'],
      ['?wait=1', 'GET'],
      ['/events', 'GET'],
      ['', 'DELETE'],
    ] as const) {
      const foreign = await ask(`/v1/jobs/${jobId}${suffix}`, method);
      expect(foreign).toEqual(await ask(`/v1/jobs/00000000-0000-4000-8000-000000000000${suffix}`, method));
      expect(foreign).toEqual(await ask(`/v1/jobs/nonsense${suffix}`, method));
      expect(foreign.status).toBe(404);
      expect(JSON.parse(foreign.body)).toEqual({
        type: 'urn:ocr-omega:error:job.not-found',
        title: 'Job not found',
        status: 404,
        detail: 'There is no job with this id.',
        code: 'job.not-found',
      });
    }
  });

  test('cancelled, it stops and loses its upload and results', async () => {
    server.engine.shut();
    const jobId = await accepted({ pages: 3 });
    await expect.poll(() => server.engine.status().inFlight).toBeGreaterThan(0);
    server.engine.open(1);
    await expect.poll(async () => (await body(await get(`/v1/jobs/${jobId}`))).results).toHaveLength(1);
    const response = await fetch(`${server.url}/v1/jobs/${jobId}`, { method: 'DELETE', headers: { 'x-api-key': key } });
    expect(response.status).toBe(200);
    expect(await body(response)).toMatchObject({ id: jobId, status: 'cancelled' });
    expect(await server.uploads()).toEqual([]);
    const erased = await body(await get(`/v1/jobs/${jobId}`));
    expect(erased).toMatchObject({ status: 'cancelled', results_erased: true });
    expect(erased).not.toHaveProperty('results');
  });
});

describe('the list of jobs', () => {
  test('is newest first, a page at a time, of the calling key only', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.unshift(await accepted({ pages: 1 }));
    for (const id of ids) await finished(id);
    ({ key } = await server.createKey());
    expect(await body(await get('/v1/jobs'))).toEqual({ jobs: [], next_cursor: null });
  });

  test('goes on at its cursor', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.unshift(await accepted({ pages: 1 }));
    const first = await body(await get('/v1/jobs?limit=2'));
    expect((first.jobs as { id: string }[]).map((job) => job.id)).toEqual(ids.slice(0, 2));
    const second = await body(await get(`/v1/jobs?limit=2&cursor=${first.next_cursor}`));
    expect((second.jobs as { id: string }[]).map((job) => job.id)).toEqual(ids.slice(2));
    expect(second.next_cursor).toBeNull();
  });

  test('can be narrowed to a status', async () => {
    await finished(await accepted({ pages: 1 }));
    server.engine.shut();
    await accepted({ pages: 1 });
    expect((await body(await get('/v1/jobs?status=completed'))).jobs).toHaveLength(1);
  });

  test.each([
    [
      '?status=done',
      'Query parameter "status" must be one of pending, processing, completed, failed, cancelled, not "done".',
    ],
    ['?limit=0', 'Query parameter "limit" must be a whole number from 1 to 100, not "0".'],
    ['?stauts=failed', 'Misspelled query parameter "stauts" should be "status".'],
    ['?cursor=x', 'The cursor must be one that an earlier list answered.'],
  ])('refuses %s', async (query, detail) => {
    const response = await get(`/v1/jobs${query}`);
    expect(response.status).toBe(400);
    expect(await body(response)).toMatchObject({ code: 'request.invalid', detail });
  });
});

describe('events', () => {
  interface Event {
    readonly id: string;
    readonly event: string;
    readonly data: Record<string, unknown>;
  }

  const parse = (text: string): Event[] =>
    text
      .split('\n\n')
      .filter((frame) => frame.startsWith('id: '))
      .map((frame) => {
        const [id, event, data] = frame.split('\n').map((line) => line.slice(line.indexOf(': ') + 2));
        return { id: id ?? '', event: event ?? '', data: JSON.parse(data ?? '') };
      });

  test('one a page in page order, then the end', async () => {
    const jobId = await accepted({ pages: 9 }, { pages: '2-4,8-' });
    const response = await get(`/v1/jobs/${jobId}/events`);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = parse(await response.text());
    expect(events.map(({ id, event }) => [id, event])).toEqual([
      ['2', 'page'],
      ['3', 'page'],
      ['4', 'page'],
      ['8', 'page'],
      ['9', 'page'],
      ['end', 'end'],
    ]);
    expect(events[0]?.data).toMatchObject({ page_number: 2, raw_markdown: expect.any(String) });
    expect(events.at(-1)?.data).toMatchObject({ id: jobId, status: 'completed' });
  });

  test('come as the pages are done', async () => {
    server.engine.shut();
    const jobId = await accepted({ pages: 2 });
    const response = await get(`/v1/jobs/${jobId}/events`);
    const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    const [retry, job] = (await reader.read()).value?.split('\n\n') ?? [];
    expect(retry).toBe('retry: 2000');
    expect(JSON.parse(job?.match(/^event: job\ndata: (.*)$/)?.[1] ?? '')).toMatchObject({ id: jobId, page_count: 2 });
    await expect.poll(() => server.engine.status().inFlight).toBe(2);
    server.engine.open(1);
    expect((await reader.read()).value).toMatch(/^id: 1\nevent: page\ndata: \{"page_number":1,/);
    server.engine.open();
    let rest = '';
    for (let next = await reader.read(); !next.done; next = await reader.read()) rest += next.value;
    expect(parse(rest).map(({ id }) => id)).toEqual(['2', 'end']);
  });

  test('go on after Last-Event-ID', async () => {
    const jobId = await accepted({ pages: 4 });
    await finished(jobId);
    const text = await (await get(`/v1/jobs/${jobId}/events`, { 'last-event-id': '2' })).text();
    expect(parse(text).map(({ id }) => id)).toEqual(['3', '4', 'end']);
  });

  test('a client that has seen the end is told to stay away', async () => {
    const jobId = await accepted({ pages: 1 });
    expect((await get(`/v1/jobs/${jobId}/events`, { 'last-event-id': 'end' })).status).toBe(204);
  });

  test('an id that is none of ours is refused', async () => {
    const jobId = await accepted({ pages: 1 });
    const response = await get(`/v1/jobs/${jobId}/events`, { 'last-event-id': 'x' });
    expect(response.status).toBe(400);
  });

  test('end when the server shuts down', async () => {
    server.engine.shut();
    const jobId = await accepted({ pages: 1 });
    const text = (await get(`/v1/jobs/${jobId}/events`)).text();
    await delay(100);
    await server.closeServer();
    expect(parse(await text)).toEqual([]);
  });

  test('a client that hangs up leaves no listener behind', async () => {
    server.engine.shut();
    const jobId = await accepted({ pages: 1 });
    let open = 0;
    const { subscribe } = server.runner;
    (server.runner as { subscribe: typeof subscribe }).subscribe = (id, listener) => {
      const end = subscribe(id, listener);
      open += 1;
      return () => {
        open -= 1;
        end();
      };
    };
    const abort = new AbortController();
    await fetch(`${server.url}/v1/jobs/${jobId}/events`, { headers: { 'x-api-key': key }, signal: abort.signal });
    expect(open).toBe(1);
    abort.abort();
    await expect.poll(() => open).toBe(0);
  });
});

describe('keys', () => {
  test('a missing, malformed, unknown, wrong or revoked key gets one and the same answer', async () => {
    const revoked = await server.createKey();
    await server.store.revokeKey(revoked.id, 'test', Date.now());
    const ask = async (headers: Record<string, string>) => {
      const response = await fetch(`${server.url}/v1/usage`, { headers });
      const { 'x-request-id': _, date: __, ...seen } = Object.fromEntries(response.headers);
      return { status: response.status, headers: seen, body: await response.text() };
    };
    const missing = await ask({});
    expect(missing.status).toBe(401);
    expect(JSON.parse(missing.body)).toEqual({
      type: 'urn:ocr-omega:error:auth.invalid-key',
      title: 'Invalid API key',
      status: 401,
      detail: 'The header X-API-Key must hold a valid API key.',
      code: 'auth.invalid-key',
    });
    const wrong = `${key.slice(0, -4)}${key.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
    for (const presented of [
      '',
      'x',
      'sk_live_0000000000000000_'.padEnd(68, 'A'),
      wrong,
      revoked.key,
      `${key} `.repeat(2),
    ]) {
      expect(await ask({ 'x-api-key': presented })).toEqual(missing);
    }
  });

  test('every endpoint of /v1 and /admin asks for one', async () => {
    for (const [method, path] of [
      ['POST', '/v1/ocr'],
      ['GET', '/v1/jobs'],
      ['GET', '/v1/jobs/x'],
      ['GET', '/v1/jobs/x/events'],
      ['DELETE', '/v1/jobs/x'],
      ['GET', '/v1/usage'],
      ['GET', '/admin/keys'],
      ['POST', '/admin/keys'],
      ['GET', '/admin/queue'],
      ['GET', '/admin/nodes'],
      ['GET', '/admin/audit'],
    ] as const) {
      expect((await fetch(server.url + path, { method })).status).toBe(401);
    }
  });

  test('neither keys nor file names nor text appear in the logs', async () => {
    await finished(await accepted({ pages: 2, failing: [2] }));
    await fetch(`${server.url}/v1/usage?key=${key}`, { headers: { 'x-api-key': `${key}x`, authorization: key } });
    await submit({ pages: 1, refused: 'file.unreadable' });
    const logs = server.logs();
    expect(logs).toContain('request completed');
    expect(logs).toContain(`"keyId":"${key.split('_')[2]}"`);
    const secret = key.split('_').at(-1) ?? '';
    for (const hidden of [secret, 'private-name', SECRET_TEXT]) expect(logs).not.toContain(hidden);
  });
});

describe('rate limits', () => {
  test('every answer says what is left; the refused one when to come back', async () => {
    ({ key } = await server.createKey({ plan: 'free' }));
    for (let left = 9; left >= 0; left--) {
      const response = await get('/v1/usage');
      expect(response.status).toBe(200);
      expect(response.headers.get('ratelimit-limit')).toBe('10');
      expect(response.headers.get('ratelimit-remaining')).toBe(String(left));
      expect(Number(response.headers.get('ratelimit-reset'))).toBeGreaterThan(3_590);
    }
    const refused = await get('/v1/usage');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('ratelimit-remaining')).toBe('0');
    expect(refused.headers.get('retry-after')).toBe(refused.headers.get('ratelimit-reset'));
    expect(await body(refused)).toMatchObject({ code: 'limit.rate', limit: 10 });
    server.advance(3_600_000);
    expect((await get('/v1/usage')).status).toBe(200);
  });

  test('an unlimited key sees the largest number there is', async () => {
    const response = await get('/v1/usage');
    expect(response.headers.get('ratelimit-limit')).toBe('999999999999999');
    expect(response.headers.get('ratelimit-reset')).toBe('0');
  });

  test('refusals of other kinds carry the headers too', async () => {
    expect((await get('/v1/jobs/none')).headers.get('ratelimit-limit')).not.toBeNull();
    expect((await submit(Buffer.from('x'))).headers.get('ratelimit-limit')).not.toBeNull();
  });
});

describe('usage', () => {
  test('shows plan, credits and limits of the calling key', async () => {
    const metered = await server.createKey({ plan: 'free' }, 20);
    key = metered.key;
    await finished(await accepted({ pages: 3 }));
    server.engine.shut();
    await accepted({ pages: 2 });
    expect(await body(await get('/v1/usage'))).toEqual({
      key_id: metered.id,
      role: 'client',
      plan: 'free',
      metered: true,
      credits: { granted: 20, available: 15, reserved: 2, used: 3 },
      limits: [
        { requests: 10, window_seconds: 3600 },
        { requests: 100, window_seconds: 86400 },
      ],
    });
  });
});

describe('operations', () => {
  test('/health needs no key', async () => {
    const response = await fetch(`${server.url}/health`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
    expect(response.headers.get('x-request-id')).toMatch(UUID);
  });

  test('/ready follows the engine', async () => {
    expect(await body(await fetch(`${server.url}/ready`))).toEqual({ status: 'ready' });
    server.engine.ready = false;
    const response = await fetch(`${server.url}/ready`);
    expect(response.status).toBe(503);
    expect(await body(response)).toMatchObject({ code: 'engine.unavailable' });
  });

  test('/metrics counts pages by provider and requests by route', async () => {
    await finished(await accepted({ pages: 2, providers: ['paddle', 'paddle-plus'] }));
    const metrics = async () => (await fetch(`${server.url}/metrics`)).text();
    // The figures of a page follow its result.
    await expect.poll(metrics).toContain('omega_stage_seconds_count{stage="recognize"} 2');
    const text = await metrics();
    expect(text).toContain('omega_pages_read_total{provider="paddle",tier="tiny"} 1');
    expect(text).toContain('omega_pages_read_total{provider="paddle-plus",tier="tiny"} 1');
    expect(text).toContain('omega_queue_pages{state="pending"} 0');
    expect(text).toContain('omega_http_request_seconds_count{method="POST",route="/v1/ocr",status="202"} 1');
  });

  test('/metrics has the figures of each device', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text.split('\n').filter((line) => /^omega_(engine|model)_/.test(line))).toEqual([
      'omega_engine_ready{device="cuda:0"} 1',
      'omega_engine_ready{device="cuda:1"} 0',
      'omega_engine_tasks{device="cuda:0"} 0',
      'omega_engine_tasks{device="cuda:1"} 0',
      'omega_engine_threads{device="cuda:0"} 1',
      'omega_engine_threads{device="cuda:1"} 1',
      'omega_engine_resident_bytes{device="cuda:0"} 1',
      'omega_engine_resident_bytes{device="cuda:1"} 1',
      'omega_model_floor_seconds{device="cuda:0",tier="tiny",task="detect"} 0.008',
      'omega_model_floor_seconds{device="cuda:0",tier="tiny",task="recognize"} 0.0025',
      'omega_model_floor_seconds{device="cuda:1",tier="tiny",task="detect"} 0.009',
      'omega_model_floor_seconds{device="cuda:1",tier="tiny",task="recognize"} 0.003',
      'omega_engine_restarts_total{device="cuda:0"} 0',
      'omega_engine_restarts_total{device="cuda:1"} 0',
    ]);
  });

  test.each([
    ['admin', 401, 403, 200],
    ['off', 404, 404, 404],
  ] as const)('/metrics can be %s', async (metrics, noKey, clientKey, adminKey) => {
    await server.close();
    server = await startHarness({ metrics });
    const client = await server.createKey();
    const admin = await server.createKey({ role: 'admin' });
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${server.url}/metrics`, { headers })).status;
    expect(await status({})).toBe(noKey);
    expect(await status({ 'x-api-key': client.key })).toBe(clientKey);
    expect(await status({ 'x-api-key': admin.key })).toBe(adminKey);
  });

  test('an unknown endpoint is a problem', async () => {
    const response = await fetch(`${server.url}/v2/ocr?secret=1`);
    expect(response.status).toBe(404);
    expect(await body(response)).toEqual({
      type: 'urn:ocr-omega:error:route.not-found',
      title: 'No such endpoint',
      status: 404,
      detail: 'There is no endpoint GET /v2/ocr.',
      code: 'route.not-found',
    });
  });

  test('a failing store is a 500 without a word about why', async () => {
    server.store.credits = async () => {
      throw new Error('disk at /secret/path');
    };
    const response = await get('/v1/usage');
    expect(response.status).toBe(500);
    expect(await body(response)).toEqual({
      type: 'urn:ocr-omega:error:internal',
      title: 'Internal error',
      status: 500,
      detail: 'The server failed on this request; its log says why.',
      code: 'internal',
    });
  });
});

describe('documentation', () => {
  test('/docs loads nothing from elsewhere and is told not to', async () => {
    const response = await fetch(`${server.url}/docs/`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await response.text();
    const references = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(references.length).toBeGreaterThan(3);
    for (const reference of references) {
      expect(reference).toMatch(/^\.?\//);
      expect((await fetch(new URL(reference, `${server.url}/docs/`))).status).toBe(200);
    }
  });

  test('/openapi.json needs no key', async () => {
    expect(await body(await fetch(`${server.url}/openapi.json`))).toMatchObject({ openapi: '3.1.0' });
  });
});

describe('administration', () => {
  let admin: string;
  beforeEach(async () => {
    ({ key: admin } = await server.createKey({ role: 'admin' }));
  });
  const ask = async (method: string, path: string, content?: unknown, as = admin) => {
    const response = await fetch(`${server.url}/admin${path}`, {
      method,
      headers: { 'x-api-key': as, ...(content === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(content === undefined ? {} : { body: JSON.stringify(content) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as Record<string, unknown> };
  };

  test('a client key may not', async () => {
    const { status, body: problem } = await ask('GET', '/keys', undefined, key);
    expect(status).toBe(403);
    expect(problem.code).toBe('auth.forbidden');
  });

  test('a key is created, used, put on a plan, topped up, revoked, and all of it is in the audit', async () => {
    const created = await ask('POST', '/keys', { name: 'shop', credits: 10 });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      name: 'shop',
      role: 'client',
      plan: 'unlimited',
      metered: true,
      created_at: expect.any(Number),
      revoked_at: null,
      key: expect.stringMatching(/^sk_live_/),
    });
    const id = String(created.body.id);
    key = String(created.body.key);
    expect((await ask('PATCH', `/keys/${id}`, { plan: 'starter' })).status).toBe(204);
    expect((await ask('POST', `/keys/${id}/credits`, { credits: 5 })).body).toEqual({
      granted: 15,
      available: 15,
      reserved: 0,
      used: 0,
    });
    expect(await body(await get('/v1/usage'))).toMatchObject({ plan: 'starter', credits: { available: 15 } });
    const listed = (await ask('GET', '/keys')).body.keys as { id: string }[];
    expect(listed.find((entry) => entry.id === id)).toMatchObject({ plan: 'starter', credits: { granted: 15 } });
    expect((await ask('DELETE', `/keys/${id}`)).status).toBe(204);
    expect((await get('/v1/usage')).status).toBe(401);
    const { entries } = (await ask('GET', '/audit?limit=4')).body as { entries: { action: string; key_id: string }[] };
    expect(entries.map(({ action, key_id }) => [action, key_id])).toEqual([
      ['key.revoke', id],
      ['key.grant', id],
      ['key.plan', id],
      ['key.create', id],
    ]);
  });

  test('an unknown key is a 404', async () => {
    for (const [method, path, content] of [
      ['DELETE', '/keys/none', undefined],
      ['PATCH', '/keys/none', { plan: 'free' }],
      ['POST', '/keys/none/credits', { credits: 1 }],
    ] as const) {
      const { status, body: problem } = await ask(method, path, content);
      expect([status, problem.code]).toEqual([404, 'key.not-found']);
    }
  });

  test.each([
    [{}, 'Missing member "name".'],
    [
      { name: 'x', plan: 'busines' },
      'Member "plan" must be one of free, starter, professional, business, unlimited (did you mean "business"?), not "busines".',
    ],
    [{ name: '' }, 'Member "name" must be a text of 1 to 100 characters, not "".'],
    [{ name: 7 }, 'Member "name" must be a text of 1 to 100 characters, not 7.'],
    [{ name: 'x', paln: 'free' }, 'Misspelled member "paln" should be "plan".'],
    [{ name: 'x', credits: -1 }, 'Member "credits" must be a whole number from 0 to 1000000000, not -1.'],
    [[], 'The body must be a JSON object.'],
  ])('the body %j is refused', async (content, detail) => {
    const { status, body: problem } = await ask('POST', '/keys', content);
    expect([status, problem.code, problem.detail]).toEqual([400, 'request.invalid', detail]);
  });

  test('malformed JSON is refused', async () => {
    const response = await fetch(`${server.url}/admin/keys`, {
      method: 'POST',
      headers: { 'x-api-key': admin, 'content-type': 'application/json' },
      body: '{',
    });
    expect(response.status).toBe(400);
    expect(await body(response)).toMatchObject({ code: 'request.invalid', detail: 'The body is not valid JSON.' });
  });

  test('the queue is shown', async () => {
    server.engine.shut();
    await accepted({ pages: 5 });
    await expect
      .poll(async () => (await ask('GET', '/queue')).body)
      .toMatchObject({ pending_pages: 2, processing_pages: 3, engine: { ready: true, threads: 2 } });
  });

  test('this node is shown, with the pages that it reads', async () => {
    const beganAt = Date.now() - 60_000;
    server.engine.shut();
    await accepted({ pages: 5 });
    await expect
      .poll(async () => (await ask('GET', '/nodes')).body)
      .toEqual({
        shared: server.shared,
        nodes: [
          {
            id: expect.stringMatching(UUID),
            host: hostname(),
            role: 'serve',
            version: VERSION,
            threads: 2,
            devices: ['cuda:0', 'cuda:1'],
            started_at: expect.any(Number),
            seen_at: expect.any(Number),
            pages_reading: 3,
          },
        ],
      });
    const { body: shown } = await ask('GET', '/nodes');
    expect(Value.Check(NodeList, shown)).toBe(true);
    const [node] = (shown as NodeList).nodes as [NodeView];
    expect(node.started_at).toBeGreaterThan(beganAt);
    expect(node.seen_at).toBeGreaterThanOrEqual(node.started_at);
    expect(node.seen_at).toBeLessThan(Date.now() + 1_000);
    expect((await ask('GET', '/nodes', undefined, key)).status).toBe(403);
  });
});
