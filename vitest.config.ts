import { defineConfig } from 'vitest/config';

/** Projects run one after another in this order: their worker limits differ, which vitest allows only between groups. */
const ORDER = ['tidy', 'unit', 'k8s', 'integration', 'sim', 'browser', 'chaos'];

const project = (name: string, include: string[], options: Record<string, unknown> = {}) => ({
  extends: true as const,
  test: { name, include, sequence: { groupOrder: ORDER.indexOf(name) }, ...options },
});

/** One Postgres server for the run; test files take databases of their own from it (test/support/postgres.ts). */
const globalSetup = ['test/support/postgres-global.ts'];

export default defineConfig({
  test: {
    sequence: { shuffle: true },
    reporters: ['default', './test/support/summary-reporter.ts'],
    pool: 'forks',
    projects: [
      project('tidy', ['test/tidy/**/*.test.ts']),
      // A machine that is busy with other things makes a long computation late, not wrong.
      project('unit', ['test/unit/**/*.test.ts', 'test/property/**/*.test.ts'], { testTimeout: 30_000 }),
      // Manifests are checked against the code and against Kubernetes' schemas; no cluster, nothing but npm.
      project('k8s', ['test/k8s/**/*.test.ts'], { testTimeout: 30_000 }),
      project('integration', ['test/contract/**/*.test.ts', 'test/integration/**/*.test.ts'], {
        testTimeout: 60_000,
        hookTimeout: 120_000,
        maxWorkers: 2,
        globalSetup,
      }),
      // One file at a time: a campaign takes every core there is.
      project('sim', ['test/sim/**/*.test.ts'], {
        testTimeout: 900_000,
        hookTimeout: 120_000,
        maxWorkers: 1,
        globalSetup,
      }),
      project('browser', ['test/browser/**/*.test.ts'], {
        testTimeout: 180_000,
        hookTimeout: 120_000,
        maxWorkers: 1,
        globalSetup,
      }),
      project('chaos', ['test/chaos/**/*.test.ts'], {
        testTimeout: 900_000,
        hookTimeout: 120_000,
        maxWorkers: 1,
        globalSetup,
      }),
    ],
  },
});
