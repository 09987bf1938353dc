/** What a person may ask of `npm run rehearse`. */
import { parseArgs } from 'node:util';
import { PHASES, type Phase } from './phases.ts';

export interface Options {
  readonly phases: readonly Phase[];
  readonly logs: string | undefined;
  readonly isJson: boolean;
  readonly isHelp: boolean;
}

/** Its message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `usage: npm run rehearse -- [options]
The overlay for development on this machine, without a cluster: real processes, a stand-in for Kubernetes, clients at work.
Ends with 1 when a command failed, the ledger differs from what clients were told, or a Pod did what it must not.

  --phase NAME   only this one after the start; may be repeated: ${PHASES.map(({ name }) => name).join(', ')}
  --quick        without the long ones: ${PHASES.filter(({ isLong }) => isLong)
    .map(({ name }) => name)
    .join(', ')}
  --logs FOLDER  keeps what every Pod wrote
  --json         one line of JSON on standard output`;

export function parseOptions(parameters: readonly string[]): Options {
  const { phase: names, quick, json, help, logs } = parse(parameters);
  const unknown = names.find((name) => !PHASES.some((phase) => phase.name === name));
  if (unknown !== undefined) throw new UsageError(`there is no phase "${unknown}"`);
  const named = PHASES.filter(({ name }) => names.length === 0 || names.includes(name));
  return { phases: named.filter(({ isLong }) => !(quick && isLong)), logs, isJson: json, isHelp: help };
}

function parse(parameters: readonly string[]): {
  phase: string[];
  quick: boolean;
  json: boolean;
  help: boolean;
  logs?: string | undefined;
} {
  try {
    const { values } = parseArgs({
      args: [...parameters],
      options: {
        phase: { type: 'string', multiple: true, default: [] },
        quick: { type: 'boolean', default: false },
        logs: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
