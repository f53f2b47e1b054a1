import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { configTable } from '../../scripts/config-reference.mjs';
import { configReference, engineEnvironment, loadConfig, variableName } from '../../src/config.js';
import { OcrError } from '../../src/errors.js';

const refusal = (environment: Record<string, string>): string => {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof OcrError && error.code === 'config.invalid') return error.message;
    throw error;
  }
  throw new Error('accepted');
};

describe('loadConfig', () => {
  test('an empty environment gives the defaults', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      dataDir: './data',
      maxUploadBytes: 209_715_200,
      maxPages: 2000,
      logLevel: 'info',
      metrics: 'open',
    });
    expect(config.threads).toBeGreaterThanOrEqual(1);
  });

  test('variables are read by their type', () => {
    expect(loadConfig({ OMEGA_PORT: '0', OMEGA_HOST: '0.0.0.0', OMEGA_LOG_LEVEL: 'silent' })).toMatchObject({
      port: 0,
      host: '0.0.0.0',
      logLevel: 'silent',
    });
  });

  test('variables of others and empty ones are left alone', () => {
    expect(loadConfig({ PATH: '/bin', OMEGA_PORT: '', OMEGA_CUDA: '1' }).port).toBe(8080);
  });

  test('the address of a database is one of PostgreSQL; one that is not is refused without being repeated', () => {
    const url = 'postgres://omega:swordfish@db.example:5432/omega';
    expect(loadConfig({ OMEGA_DATABASE_URL: url }).databaseUrl).toBe(url);
    expect(loadConfig({}).databaseUrl).toBeUndefined();
    for (const wrong of [
      'mysql://omega:swordfish@db/omega',
      'swordfish',
      'postgres://',
      'postgres://a:b@c:swordfish',
    ]) {
      expect(refusal({ OMEGA_DATABASE_URL: wrong })).toBe(
        'Variable "OMEGA_DATABASE_URL" must be a URL like postgres://user:password@host:port/database.',
      );
    }
  });

  test('a misspelled variable is refused with the name that was meant', () => {
    expect(refusal({ OMEGA_PROT: '1' })).toBe('Misspelled variable "OMEGA_PROT" should be "OMEGA_PORT".');
  });

  test('an unknown variable is refused with the list of those there are', () => {
    expect(refusal({ OMEGA_XYZXYZXYZXYZ: '1' })).toMatch(
      /^Unknown variable "OMEGA_XYZXYZXYZXYZ"; expected one of OMEGA_HOST, /,
    );
  });

  test.each([
    ['OMEGA_PORT', '80 80', 'Variable "OMEGA_PORT" must be a whole number from 0 to 65535, not "80 80".'],
    ['OMEGA_PORT', '70000', 'Variable "OMEGA_PORT" must be a whole number from 0 to 65535, not "70000".'],
    ['OMEGA_THREADS', '1.5', 'Variable "OMEGA_THREADS" must be a whole number from 1 to 1024, not "1.5".'],
    ['OMEGA_MAX_PAGES', '0', 'Variable "OMEGA_MAX_PAGES" must be a whole number of at least 1, not "0".'],
    [
      'OMEGA_LOG_LEVEL',
      'inof',
      'Variable "OMEGA_LOG_LEVEL" must be one of fatal, error, warn, info, debug, trace, silent (did you mean "info"?), not "inof".',
    ],
  ])('%s=%s is refused in one sentence', (name, value, sentence) => {
    expect(refusal({ [name]: value })).toBe(sentence);
  });
});

describe('engineEnvironment', () => {
  test("the engine is told how to run, and nothing that is the server's", () => {
    const given = { PATH: '/bin', NODE_OPTIONS: '--stack-size=900', CUDA_VISIBLE_DEVICES: '0', TZ: undefined };
    const secret = { OMEGA_DATA_DIR: '/data', AWS_SECRET_ACCESS_KEY: 'x', LD_PRELOAD: '/x.so', PATHS: '/x' };
    expect(engineEnvironment({ ...given, ...secret })).toEqual({
      PATH: '/bin',
      NODE_OPTIONS: '--stack-size=900',
      CUDA_VISIBLE_DEVICES: '0',
    });
  });
});

describe('configReference', () => {
  test('every member has one row with name, type, default and description', () => {
    const rows = configReference();
    expect(rows[1]).toEqual({
      name: 'OMEGA_PORT',
      type: 'integer',
      default: '8080',
      description: 'Port to listen on; 0 for any free one.',
    });
    expect(rows.every((row) => row.description !== '' && row.default !== '')).toBe(true);
    expect(rows.map((row) => row.name)).toContain(variableName('maxUploadBytes'));
  });

  test('defaults that depend on the machine are described, not shown', () => {
    expect(configReference().find((row) => row.name === 'OMEGA_MODELS_DIR')?.default).toBe(
      'models, in the program folder',
    );
  });

  test('the table of docs/operations.md is what "npm run reference" writes', () => {
    const operations = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    expect(operations).toContain(`\n\n${configTable(configReference())}\n\n`);
  });
});
