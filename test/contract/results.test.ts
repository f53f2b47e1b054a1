import { afterEach, beforeEach, expect, test } from 'vitest';
import { formOf, type Harness, type Script, SECRET_TEXT, scripted, startHarness } from './server-harness.js';

let server: Harness;
let key: string;

beforeEach(async () => {
  server = await startHarness();
  ({ key } = await server.createKey());
});
afterEach(() => server.close());

const get = (path: string, apiKey = key) => fetch(server.url + path, { headers: { 'x-api-key': apiKey } });

/** The id of a job that has ended, unless the engine is shut. */
async function submitted(script: Script, fields: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${server.url}/v1/ocr?wait=10`, {
    method: 'POST',
    headers: { 'x-api-key': key },
    body: formOf(scripted(script), fields),
  });
  const body = (await response.json()) as Record<string, unknown>;
  return String(body.id ?? body.jobId);
}

async function refusal(response: Response): Promise<unknown[]> {
  const problem = (await response.json()) as Record<string, unknown>;
  return [response.status, problem.code, problem.detail];
}

test.each([
  ['md', 'text/markdown; charset=utf-8', 'md', `${SECRET_TEXT} 1\n\n${SECRET_TEXT} 2`],
  ['txt', 'text/plain; charset=utf-8', 'txt', `${SECRET_TEXT} 1\n\n${SECRET_TEXT} 2`],
  ['html', 'text/html; charset=utf-8', 'html', `<p>${SECRET_TEXT} 2</p>`],
  ['hocr', 'text/html; charset=utf-8', 'hocr', '<div class="ocr_page" id="page_2"'],
  ['alto', 'application/xml; charset=utf-8', 'alto.xml', '<Page ID="page_2"'],
])('%s is answered with its media type and a file name', async (format, mediaType, extension, content) => {
  const jobId = await submitted({ pages: 2 });
  const response = await get(`/v1/jobs/${jobId}/result?format=${format}`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe(mediaType);
  expect(response.headers.get('content-disposition')).toBe(`inline; filename="${jobId}.${extension}"`);
  expect(response.headers.get('content-security-policy')).toContain('sandbox');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(await response.text()).toContain(content);
});

test('json is the job, and Markdown the default', async () => {
  const jobId = await submitted({ pages: 2, failing: [2] });
  const job = await (await get(`/v1/jobs/${jobId}`)).json();
  expect(await (await get(`/v1/jobs/${jobId}/result?format=json`)).json()).toEqual(job);
  expect(await (await get(`/v1/jobs/${jobId}/result`)).text()).toBe(`${SECRET_TEXT} 1`);
});

test('a job of dozens of pages comes whole and in order', async () => {
  const jobId = await submitted({ pages: 50 });
  const text = await (await get(`/v1/jobs/${jobId}/result?format=txt`)).text();
  expect(text.split('\n\n')).toEqual(Array.from({ length: 50 }, (_, index) => `${SECRET_TEXT} ${index + 1}`));
});

test('an unknown format is refused with the formats there are, a misspelled one with the one it means', async () => {
  const jobId = await submitted({ pages: 1 });
  expect(await refusal(await get(`/v1/jobs/${jobId}/result?format=epub`))).toEqual([
    400,
    'request.invalid',
    'Query parameter "format" must be one of md, txt, json, html, hocr, alto, pdf, not "epub".',
  ]);
  expect(await refusal(await get(`/v1/jobs/${jobId}/result?format=htlm`))).toEqual([
    400,
    'request.invalid',
    'Query parameter "format" must be one of md, txt, json, html, hocr, alto, pdf (did you mean "html"?), not "htlm".',
  ]);
});

test('a job that has not ended has no result yet', async () => {
  server.engine.shut();
  const response = await fetch(`${server.url}/v1/ocr`, {
    method: 'POST',
    headers: { 'x-api-key': key },
    body: formOf(scripted({ pages: 3 }), {}),
  });
  const { jobId } = (await response.json()) as { jobId: string };
  const answer = await get(`/v1/jobs/${jobId}/result`);
  expect(answer.status).toBe(409);
  expect(await answer.json()).toMatchObject({ code: 'job.not-finished', pages: 3, pages_done: 0 });
});

test('a job that failed, was cancelled or erased has no result, and another key’s is not there', async () => {
  const failed = await submitted({ pages: 1, failing: [1] });
  expect(await refusal(await get(`/v1/jobs/${failed}/result`))).toEqual([
    404,
    'result.not-found',
    'A completed job with its results was expected, but it is failed.',
  ]);
  const erased = await submitted({ pages: 1 });
  await fetch(`${server.url}/v1/jobs/${erased}`, { method: 'DELETE', headers: { 'x-api-key': key } });
  expect(await refusal(await get(`/v1/jobs/${erased}/result`))).toEqual([
    404,
    'result.not-found',
    'A completed job with its results was expected, but its results are erased.',
  ]);
  const other = await server.createKey();
  const mine = await submitted({ pages: 1 });
  expect((await refusal(await get(`/v1/jobs/${mine}/result`, other.key)))[1]).toBe('job.not-found');
});

test('a job submitted with searchable_pdf has its PDF when it is completed, and no longer once it is erased', async () => {
  const jobId = await submitted({ pages: 2 }, { searchable_pdf: 'true' });
  const response = await get(`/v1/jobs/${jobId}/result?format=pdf`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/pdf');
  expect(response.headers.get('content-disposition')).toBe(`inline; filename="${jobId}.pdf"`);
  const content = await response.text();
  expect(Number(response.headers.get('content-length'))).toBe(Buffer.byteLength(content));
  expect(content).toMatch(/^%PDF of\n\{"pageIndex":0,.*\n\{"pageIndex":1,.*"text":"secret","quad"/);
  await fetch(`${server.url}/v1/jobs/${jobId}`, { method: 'DELETE', headers: { 'x-api-key': key } });
  expect((await refusal(await get(`/v1/jobs/${jobId}/result?format=pdf`)))[1]).toBe('result.not-found');
});

test('a job without a searchable PDF says why it has none', async () => {
  const plain = await submitted({ pages: 1 });
  expect(await refusal(await get(`/v1/jobs/${plain}/result?format=pdf`))).toEqual([
    404,
    'result.not-found',
    'There is no searchable PDF: the job was submitted without searchable_pdf=true.',
  ]);
  const failed = await submitted({ pages: 1, pdfFails: true }, { searchable_pdf: 'true' });
  expect(await refusal(await get(`/v1/jobs/${failed}/result?format=pdf`))).toEqual([
    404,
    'result.not-found',
    'There is no searchable PDF: The PDF cannot be extended.',
  ]);
  expect((await get(`/v1/jobs/${failed}/result?format=md`)).status).toBe(200);
});

test('words are kept for the PDF, and shown only where they were asked for', async () => {
  const jobId = await submitted({ pages: 1 }, { searchable_pdf: 'true' });
  expect(await (await get(`/v1/jobs/${jobId}`)).text()).not.toContain('"words"');
});
