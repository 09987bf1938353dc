/** What all chaos suites share: how many rounds, their random moments, and the verdict from outside. */
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'nats';
import { expect } from 'vitest';
import { type EngineHome, type EngineProcess, until } from './engine-process.ts';
import { FillClients, type FillReport } from './fill-clients.ts';
import { flatMarket } from './flat-market.ts';
import { answerFaults, ledgerFaults } from './ledger-audit.ts';
import { command, symbols } from './wire.ts';

const ROUNDS_DEFAULT = 20;
const SYMBOLS = 20;

/** CHAOS_ROUNDS and CHAOS_SEED choose; the seed of a failure is in its output. */
export const ROUNDS = Number(process.env.CHAOS_ROUNDS ?? ROUNDS_DEFAULT);
export const SEED = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);

/** How long a fault may be felt, start of the servers included, on a busy machine. */
export const RECOVERY_MS_MAX = 40_000;

/** Fills acknowledged between two faults: shows that the engine really works again. */
export const ACKNOWLEDGED_PER_ROUND = 60;

export const served = symbols(SYMBOLS);

/** Waits for a moment nobody chose: faults must not fall into step with heartbeats or commits. */
export function randomMoment(msMax = 400): Promise<void> {
  return delay(Math.random() * msMax);
}

/** An engine on the flat market that serves all symbols of the load. */
export async function startTarget(home: EngineHome): Promise<EngineProcess> {
  home.use(...(await flatMarket(home.folder)));
  const engine = await home.start();
  const nc = await connect({ servers: engine.ready.nats });
  await command(nc, 'cp.cluster.add', { symbols: served });
  await nc.close();
  return engine;
}

/** Four client processes, two of them sending batches, until the test says stop. */
export function startLoad(url: string, seed: number): FillClients {
  console.warn(`chaos: ${ROUNDS} rounds, CHAOS_SEED=${seed}`);
  return FillClients.start(
    [1, 1, 5, 20].map((fillsPerRequestMax, index) => ({
      url,
      symbols: served,
      seed: seed + index,
      concurrency: 4,
      fillsPerRequestMax,
      giveUpMs: 2 * RECOVERY_MS_MAX,
    })),
  );
}

/** Every promise the engine made to its clients, checked by SQL against what the clients noted. */
export async function expectNothingLost(url: string, report: FillReport): Promise<void> {
  const { records, failures } = report;
  const acknowledged = records.filter(({ outcome }) => outcome === 'ok');
  console.warn(`chaos: ${records.length} fills, ${acknowledged.length} acknowledged, met ${JSON.stringify(failures)}`);
  expect(await answerFaults(url, records)).toEqual([]);
  expect(await ledgerFaults(url)).toEqual([]);
  expect(
    records.filter(({ outcome }) => outcome === 'unknown'),
    'recovered before the clients gave up',
  ).toEqual([]);
  const codes = new Set(records.filter(({ outcome }) => outcome === 'refused').map(({ code }) => code));
  expect([...codes].filter((code) => code !== 'INSUFFICIENT')).toEqual([]);
  // Every fill that met a fault was tried again, and some of them had been committed before.
  expect(
    acknowledged.some(({ attempts }) => attempts > 1),
    'the faults hit something',
  ).toBe(true);
}

/** Resolves when `work` has an engine again. */
export async function eventuallyAnswers(work: () => Promise<unknown>, explain: () => string): Promise<void> {
  await until(
    () =>
      work().then(
        () => true,
        () => false,
      ),
    RECOVERY_MS_MAX,
    explain,
  );
}
