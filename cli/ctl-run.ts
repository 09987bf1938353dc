/**
 * Carries out one command of `ctl`: finds the engine, sends the request until it is answered for good, shows the reply.
 * The exit code tells the outcome; an unknown one also tells how to repeat the very same command safely.
 */
import { type Address, CoinPilotClient } from '../adapters/nats/client/index.ts';
import { type ErrorReply, type Reply, refuse, TerminalError } from '../protocol/errors.ts';
import type { CtlCommand, Target } from './ctl-commands.ts';
import { EXIT, exitCodeOf, UsageError } from './exit-codes.ts';
import { findEngine, type Sources, setting } from './find-engine.ts';
import { labelled } from './table.ts';

export interface CtlRequest {
  readonly target: Target;
  /** The symbol or the Pod. */
  readonly name: string | undefined;
  readonly command: CtlCommand;
  readonly body: Readonly<Record<string, unknown>>;
}

const TIMEOUT_SECONDS = 10;
const TIMEOUT_SECONDS_MAX = 600;

/** Sends the request and prints what came of it. Returns the exit code. */
export async function runCtl(request: CtlRequest, sources: Sources, argv: readonly string[]): Promise<number> {
  const json = sources.flags.json === true || setting(sources, 'json', []) === 'true';
  const timeoutMs = readTimeout(sources);
  const reply = await ask(request, sources, timeoutMs);
  if (json) process.stdout.write(`${JSON.stringify(reply)}\n`);
  else if (reply.ok) process.stdout.write(`${request.command.show(reply)}\n`);
  if (reply.ok) return EXIT.ok;
  if (!json) process.stderr.write(`${errorText(reply)}\n`);
  if (reply.error.code === 'OUTCOME_UNKNOWN' && typeof request.body.id === 'string') {
    process.stderr.write(`${repeatText(argv, request.body.id)}\n`);
  }
  return exitCodeOf(reply.error.code);
}

async function ask(request: CtlRequest, sources: Sources, deadlineMs: number): Promise<Reply> {
  const address = findEngine(sources);
  if ('ok' in address) return address;
  const { url, token, from } = address;
  let client: CoinPilotClient;
  try {
    const prefix = setting(sources, 'prefix', []) ?? address.prefix;
    client = await CoinPilotClient.connect({ url, token, prefix, name: 'coinpilot-ctl' });
  } catch (error) {
    const message = `${(error as Error).message} (address of ${from})`;
    if (error instanceof TerminalError) return refuse('REFUSED', `${message}. Give the token by --nats-token.`);
    return refuse('UNAVAILABLE', `${message}. Is the engine running? Start one with \`coinpilot up\`.`);
  }
  try {
    const { target, name, command, body } = request;
    // The commands of the tables are those of the wire; a test holds the two together.
    return await client.send({ target, name, command: command.name } as Address, body, { deadlineMs });
  } finally {
    await client.close();
  }
}

function readTimeout(sources: Sources): number {
  const typed = setting(sources, 'timeout', []) ?? String(TIMEOUT_SECONDS);
  const seconds = Number(typed);
  if (Number.isFinite(seconds) && seconds > 0 && seconds <= TIMEOUT_SECONDS_MAX) return seconds * 1_000;
  throw new UsageError(`--timeout: must be seconds, above 0 and up to ${TIMEOUT_SECONDS_MAX}, not "${typed}"`);
}

function errorText({ error }: ErrorReply): string {
  const numbers = Object.entries(error.details).filter(
    (pair): pair is [string, string | number] => typeof pair[1] === 'string' || typeof pair[1] === 'number',
  );
  const details = labelled(numbers.map(([name, value]) => [`  ${name}`, String(value)]));
  return `${error.code}: ${error.message}${details === '' ? '' : `\n${details}`}`;
}

/** The same command with the same id: the engine gives the first answer again, or carries it out once. */
export function repeatText(argv: readonly string[], id: string): string {
  const repeated =
    argv.includes('--id') || argv.some((word) => word.startsWith('--id=')) ? argv : [...argv, '--id', id];
  const command = repeated.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`));
  return `To repeat it safely (id ${id}):\n  coinpilot ${command.join(' ')}`;
}
