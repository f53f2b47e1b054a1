/**
 * Reads images with the Tesseract that is installed: for many, a process of one thread a core, as its manual advises; for
 * one, its own threads.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { serve } from './reader.mjs';

const execute = promisify(execFile);

await serve(async (language, _models, threads) => ({
  read: (path) => read(path, language, threads),
  async readAll(paths) {
    const readings = [];
    const tasks = paths.entries();
    const lanes = Array.from({ length: threads }, async () => {
      for (const [index, path] of tasks) readings[index] = await read(path, language, 1);
    });
    await Promise.all(lanes);
    return readings;
  },
  close: async () => {},
}));

async function read(path, language, threads) {
  const { stdout } = await execute('tesseract', [path, 'stdout', '-l', language], {
    env: { ...process.env, OMP_THREAD_LIMIT: String(threads) },
  });
  const text = stdout.replaceAll('\f', '').trim();
  return { text, lines: text.split('\n').map((line) => ({ text: line, quad: [] })) };
}
