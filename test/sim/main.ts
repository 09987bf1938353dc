/**
 * `npm run sim`: breaks a cluster in as many ways as there are seeds, and looks whether anything was wrong.
 *
 *   npm run sim -- --seeds 1000 --steps 300 [--from S] [--workers N] [--failures N] [--json]
 *   npm run sim -- --seed N [--steps 300]      one seed, with a trace to read
 *
 * `--failures` ends the campaign once so many seeds have failed. Exit code 1 when there was a violation.
 */
import { parseArgs } from 'node:util';
import type { Violation } from './audit/violation.ts';
import { type CampaignResult, runCampaign, serveCampaign } from './campaign.ts';
import { World } from './world.ts';

const DEFAULT_SEEDS = 1_000;
const DEFAULT_STEPS = 300;

const USAGE =
  'usage: npm run sim -- [--seeds N] [--steps N] [--from S] [--seed N] [--workers N] [--failures N] [--json]';
// `| head` has seen enough: no error of ours.
process.stdout.on('error', () => process.exit());

function readOptions() {
  try {
    return parseArgs({
      options: {
        seeds: { type: 'string' },
        steps: { type: 'string' },
        from: { type: 'string' },
        seed: { type: 'string' },
        workers: { type: 'string' },
        failures: { type: 'string' },
        json: { type: 'boolean', default: false },
        worker: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    process.exit(2);
  }
}

const { values } = readOptions();

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  process.stderr.write(`--${name} is a whole number, not "${text}"\n`);
  process.exit(2);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printViolation(seed: number, violation: Violation): void {
  const { step, invariant, what, expected, found } = violation;
  print(`seed ${seed}, step ${step}: ${invariant}: ${what}\n    expected ${expected}\n    found    ${found}`);
}

async function replay(seed: number, steps: number): Promise<void> {
  const result = await new World({ seed, steps, trace: print }).run();
  print(`seed ${seed}: ${result.steps} steps, ${result.events} events, violations: ${result.violations.length}`);
  for (const violation of result.violations) printViolation(seed, violation);
  if (result.violations.length > 0) process.exitCode = 1;
}

async function campaign(from: number, seeds: number, steps: number): Promise<void> {
  const { json } = values;
  const workers = values.workers === undefined ? {} : { workers: wholeNumber('workers', values.workers, 1) };
  const failures = values.failures === undefined ? {} : { failuresMax: wholeNumber('failures', values.failures, 1) };
  const startedAt = performance.now();
  const result = await runCampaign({ from, seeds, steps, ...workers, ...failures });
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  if (json) print(JSON.stringify({ ...result, seconds }));
  else printResult(result, seconds);
  if (result.violations > 0) process.exitCode = 1;
}

function printResult(result: CampaignResult, seconds: number): void {
  for (const { seed, violations } of result.failures) {
    for (const violation of violations) printViolation(seed, violation);
    print(`    replay: npm run sim -- --seed ${seed}\n`);
  }
  const { from, seeds, steps, events, virtualSeconds, commands, accepted } = result;
  print(`seeds: ${seeds} (${from} to ${from + seeds - 1})   steps: ${steps}   seconds: ${seconds}`);
  print(`events: ${events}   virtual seconds: ${virtualSeconds}   commands: ${commands}, accepted: ${accepted}`);
  print('faults:');
  const width = Math.max(...Object.keys(result.faults).map((kind) => kind.length), 0);
  for (const [kind, times] of Object.entries(result.faults)) print(`  ${kind.padEnd(width)}  ${times}`);
  print(`violations: ${result.violations}`);
}

const steps = wholeNumber('steps', values.steps, DEFAULT_STEPS);
if (values.worker) serveCampaign();
else if (values.seed !== undefined) await replay(wholeNumber('seed', values.seed, 0), steps);
else await campaign(wholeNumber('from', values.from, 1), wholeNumber('seeds', values.seeds, DEFAULT_SEEDS), steps);
