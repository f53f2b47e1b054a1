import { defineConfig } from 'vitest/config';

/** One suite a folder of test/. Slow suites come last and run their files one by one: each uses every core itself. */
const suite = (name: string, options: { timeoutMs: number; alone: boolean }) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    pool: 'forks' as const,
    // As the engine process has it (src/engine/supervisor.ts), for tests that run models themselves.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: options.timeoutMs,
    hookTimeout: options.timeoutMs,
    fileParallelism: !options.alone,
    sequence: { groupOrder: options.alone ? 1 : 0 },
  },
});

export default defineConfig({
  test: {
    projects: [
      suite('unit', { timeoutMs: 10_000, alone: false }),
      suite('native', { timeoutMs: 30_000, alone: false }),
      suite('contract', { timeoutMs: 30_000, alone: false }),
      suite('browser', { timeoutMs: 60_000, alone: true }),
      suite('integration', { timeoutMs: 180_000, alone: true }),
    ],
  },
});
