/**
 * Carries out one command of `ctl`: finds the engine, sends the request until it is answered for good, shows the reply.
 * The exit code tells the outcome; an unknown one also tells how to repeat the very same command safely.
 */
import { createLog } from '../adapters/log.ts';
import { NatsBus } from '../adapters/nats/bus.ts';
import { requestUntilAnswered } from '../adapters/nats/request.ts';
import { systemClock, systemRandom } from '../adapters/system-clock.ts';
import { type ErrorReply, type Reply, refuse, TerminalError } from '../protocol/errors.ts';
import type { Bus } from '../protocol/ports/bus.ts';
import { Subjects } from '../protocol/subjects.ts';
import type { CtlCommand, Target } from './ctl-commands.ts';
import { listOf, text } from './ctl-fields.ts';
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
const LOOK_UP_MS = 1_000;
const NAMES_SHOWN_MAX = 20;
/** Timers of the bus don't keep a process alive while it reconnects; this one does. */
const KEEP_ALIVE_MS = 60_000;

/** Sends the request and prints what came of it. Returns the exit code. */
export async function runCtl(request: CtlRequest, sources: Sources, argv: readonly string[]): Promise<number> {
  const json = sources.flags.json === true || setting(sources, 'json', []) === 'true';
  const timeoutMs = readTimeout(sources);
  const keepAlive = setInterval(() => undefined, KEEP_ALIVE_MS);
  try {
    const reply = await ask(request, sources, timeoutMs);
    if (json) process.stdout.write(`${JSON.stringify(reply)}\n`);
    else if (reply.ok) process.stdout.write(`${request.command.show(reply)}\n`);
    if (reply.ok) return EXIT.ok;
    if (!json) process.stderr.write(`${errorText(reply)}\n`);
    if (reply.error.code === 'OUTCOME_UNKNOWN' && typeof request.body.id === 'string') {
      process.stderr.write(`${repeatText(argv, request.body.id)}\n`);
    }
    return exitCodeOf(reply.error.code);
  } finally {
    clearInterval(keepAlive);
  }
}

async function ask(request: CtlRequest, sources: Sources, deadlineMs: number): Promise<Reply> {
  const address = findEngine(sources);
  if ('ok' in address) return address;
  const log = createLog({ level: 'silent' });
  const { url, token, from } = address;
  let bus: NatsBus;
  try {
    bus = await NatsBus.connect({ url, name: 'coinpilot-ctl', log, ...(token === undefined ? {} : { token }) });
  } catch (error) {
    const message = `${(error as Error).message} (address of ${from})`;
    if (error instanceof TerminalError) return refuse('REFUSED', `${message}. Give the token by --nats-token.`);
    return refuse('UNAVAILABLE', `${message}. Is the engine running? Start one with \`coinpilot up\`.`);
  }
  try {
    const subjects = new Subjects(setting(sources, 'prefix', []) ?? address.prefix);
    return await requestUntilAnswered({
      bus,
      clock: systemClock,
      random: systemRandom,
      subject: subjectOf(subjects, request),
      body: request.body,
      deadlineMs,
      changes: request.command.reads !== true,
      onNobody: () => missing(bus, subjects, request),
    });
  } finally {
    await bus.close();
  }
}

function subjectOf(subjects: Subjects, { target, name = '', command }: CtlRequest): string {
  // The commands of the tables are those of the wire; a test holds the two together.
  switch (target) {
    case 'symbol':
      return subjects.symbol(name, command.name as Parameters<Subjects['symbol']>[1]);
    case 'pod':
      return subjects.pod(name, command.name as Parameters<Subjects['pod']>[1]);
    case 'account':
      return subjects.account(command.name as Parameters<Subjects['account']>[0]);
    case 'cluster':
      return subjects.cluster(command.name as Parameters<Subjects['cluster']>[0]);
  }
}

/** Nobody listens: a name the cluster does not know is NOT_FOUND at once; a known one is restarting or moving. */
async function missing(bus: Bus, subjects: Subjects, { target, name }: CtlRequest): Promise<Reply | undefined> {
  if (target !== 'symbol' && target !== 'pod') return undefined;
  let reply: Reply;
  try {
    const data = await bus.request(subjects.cluster('symbols'), '{}', LOOK_UP_MS);
    reply = JSON.parse(new TextDecoder().decode(data)) as Reply;
  } catch {
    // Nobody answers for the cluster either: it may be starting. The attempts go on until their deadline.
    return undefined;
  }
  if (!reply.ok) return undefined;
  const known = listOf(target === 'symbol' ? reply.symbols : reply.pods).map((row) => text(row[target]) ?? '');
  if (known.includes(name ?? '')) return undefined;
  const shown = known.length > NAMES_SHOWN_MAX ? [...known.slice(0, NAMES_SHOWN_MAX), '…'] : known;
  const kind = target === 'symbol' ? 'symbol' : 'Pod';
  const list = known.length === 0 ? 'there is none' : `there are ${shown.join(', ')}`;
  const hint = target === 'symbol' ? `. Add it with \`coinpilot ctl cluster add ${name}\`.` : '';
  return refuse('NOT_FOUND', `there is no ${kind} ${name}; ${list}${hint}`, { [`${target}s`]: known });
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
