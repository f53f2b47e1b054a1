import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, startHarness } from './server-harness.js';

let server: Harness;
let description: Record<string, unknown>;

beforeAll(async () => {
  server = await startHarness();
  description = (await (await fetch(`${server.url}/openapi.json`)).json()) as typeof description;
});
afterAll(() => server.close());

describe('openapi.json', () => {
  test('is what the server serves; "npx vitest run test/contract/openapi.test.ts -u" writes it anew', async () => {
    await expect(`${JSON.stringify(description, null, 2)}\n`).toMatchFileSnapshot('../../openapi.json');
  });
});
