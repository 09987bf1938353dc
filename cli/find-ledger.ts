/**
 * Finds the Postgres of an engine for a command that reads the ledger itself: the address typed, else the state folder
 * typed, whose ready.json names it, else DATABASE_URL, COINPILOT_… and coinpilot.yaml, else the only engine under .coinpilot/.
 */
import { resolve } from 'node:path';
import { type ErrorReply, refuse } from '../protocol/errors.ts';
import { UsageError } from './exit-codes.ts';
import { type Sources, STATE_ROOT, setting, stateFolder, stateFolders } from './find-engine.ts';
import { Problem, postgresUrl } from './settings.ts';

const WHERE = 'Name it by --database-url or --state; an engine with its own Postgres must be running.';

/** The address; a refusal UNAVAILABLE when there is none to be found. Throws UsageError for what can't be meant. */
export function findLedger(sources: Sources): string | ErrorReply {
  const { flags, directory } = sources;
  const typedState = typeof flags.state === 'string' ? flags.state : undefined;
  const address =
    typeof flags.databaseUrl === 'string' || typedState === undefined
      ? setting(sources, 'databaseUrl', ['DATABASE_URL'])
      : undefined;
  if (address !== undefined) {
    const url = postgresUrl(address);
    if (url instanceof Problem) throw new UsageError(`DATABASE_URL: ${url.expected}`);
    return url;
  }
  const state = typedState ?? setting(sources, 'state', []);
  const folders = state === undefined ? stateFolders(directory) : [stateFolder(directory, resolve(directory, state))];
  const running = folders.filter(({ alive }) => alive);
  if (running.length > 1) {
    const list = running.map(({ path }) => `  --state ${path}`).join('\n');
    throw new UsageError(`several engines are found under ${STATE_ROOT}; say which one:\n${list}`);
  }
  return running[0]?.ready?.postgres ?? refuse('UNAVAILABLE', `no ledger is found. ${WHERE}`);
}
