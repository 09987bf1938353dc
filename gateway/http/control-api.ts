/**
 * A person's command on its way to the engine. The gateway checks its form, passes it on and returns the engine's own reply;
 * it decides nothing and repeats nothing. Nobody's answer in time is said to be just that, with the id to ask again with.
 */
import { isSymbol } from '../../domain/instrument.ts';
import { type ErrorCode, NoRespondersError, type Reply, RetryableError, refuse } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { controlRequest, describeIssues } from '../../protocol/messages.ts';
import type { Bus } from '../../protocol/ports/bus.ts';
import type { FeedReader } from '../../protocol/ports/feed-reader.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { AccountCommand, Subjects, SymbolCommand } from '../../protocol/subjects.ts';
import type { HttpRequest, HttpResponse } from '../live-server.ts';
import { failure, json } from './responses.ts';

export interface ControlApiOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly reader: Pick<FeedReader, 'symbolSnapshot'>;
  readonly log: Log;
}

/** How long a command may take. Longer than a commit, or than the hand-over of a symbol. */
const CONTROL_TIMEOUT_MS = 12_000;

const SYMBOL_COMMANDS = ['pause', 'resume', 'halt', 'flatten'] as const satisfies readonly SymbolCommand[];
const ACCOUNT_COMMANDS = ['pause', 'resume', 'halt'] as const satisfies readonly AccountCommand[];
const FIELDS = new Set(['target', 'symbol', 'command', 'id', 'reason', 'by']);

const STATUS_OF: Readonly<Record<ErrorCode, number>> = {
  INVALID: 400,
  NOT_FOUND: 404,
  REFUSED: 409,
  HALTED: 409,
  PAUSED: 409,
  EXPIRED: 409,
  INSUFFICIENT: 409,
  BUSY: 429,
  NOT_OWNER: 503,
  FENCED: 503,
  UNAVAILABLE: 503,
  OUTCOME_UNKNOWN: 503,
  INTERNAL: 500,
};

interface ControlCommand {
  readonly subject: string;
  /** Undefined for the account. */
  readonly symbol: string | undefined;
  readonly id: string;
  readonly payload: string;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

export class ControlApi {
  readonly #options: ControlApiOptions;

  constructor(options: ControlApiOptions) {
    this.#options = options;
  }

  async handle(request: HttpRequest): Promise<HttpResponse> {
    if (!/^application\/json *(?:;|$)/i.test(request.headers['content-type'] ?? '')) {
      return failure('INVALID', 'a command is JSON: content-type application/json');
    }
    if (request.body.byteLength > LIMITS.httpBodyBytesMax) {
      return json(413, { error: { code: 'LIMIT', message: `a command has at most ${LIMITS.httpBodyBytesMax} bytes` } });
    }
    const command = readCommand(request.body, this.#options.subjects);
    if ('problem' in command) return answer(refuse('INVALID', command.problem));
    const reply = await this.#send(command);
    const { subject, id } = command;
    const outcome = reply.ok ? 'ok' : reply.error.code;
    this.#options.log.info({ subject, id, outcome, peer: request.remoteAddress }, 'a person gave a command');
    return answer(reply);
  }

  async #send({ subject, symbol, id, payload }: ControlCommand): Promise<Reply> {
    const { bus, reader } = this.#options;
    if (!bus.connected) return refuse('UNAVAILABLE', 'the engine can not be reached: nothing was changed', { id });
    try {
      const reply = parseObject(await bus.request(subject, payload, CONTROL_TIMEOUT_MS));
      return isReply(reply) ? reply : unknownOutcome(id);
    } catch (error) {
      if (error instanceof NoRespondersError) {
        if (symbol !== undefined && (await reader.symbolSnapshot(symbol)) === undefined) {
          return refuse('NOT_FOUND', `${symbol} is not traded here`, { id });
        }
        return refuse('UNAVAILABLE', 'nobody serves it at the moment: nothing was changed, send it again', { id });
      }
      if (error instanceof RetryableError) return unknownOutcome(id);
      throw error;
    }
  }
}

/** Sent, and then silence or noise: the engine may have done it. */
function unknownOutcome(id: string): Reply {
  return refuse(
    'OUTCOME_UNKNOWN',
    'no answer came in time: it may have been done. Send it again with the same id, it is done once at most',
    { id },
  );
}

/** The engine's reply as it is; the status is for those who look at nothing else. */
function answer(reply: Reply): HttpResponse {
  return json(reply.ok ? 200 : (STATUS_OF[reply.error.code] ?? 500), reply);
}

function readCommand(bytes: Uint8Array, subjects: Subjects): ControlCommand | { readonly problem: string } {
  const body = parseObject(bytes);
  if (body === undefined) return { problem: 'the body must be a JSON object in UTF-8' };
  const unknown = Object.keys(body).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return { problem: `there is no field "${unknown.slice(0, 40)}"` };
  const { target, symbol, command, ...rest } = body;
  const addressed = address(target, symbol, command, subjects);
  if ('problem' in addressed) return addressed;
  if (rest.by === undefined) return { problem: 'by is missing: say who gives the command, it is kept' };
  const parsed = controlRequest.safeParse(rest);
  if (!parsed.success) return { problem: describeIssues(parsed.error) };
  const { id, reason, by } = parsed.data;
  return { ...addressed, id, payload: JSON.stringify({ id, reason, by }) };
}

function address(
  target: unknown,
  symbol: unknown,
  command: unknown,
  subjects: Subjects,
): Pick<ControlCommand, 'subject' | 'symbol'> | { readonly problem: string } {
  if (target === 'account') {
    if (symbol !== undefined) return { problem: 'symbol: the account has none' };
    const known = ACCOUNT_COMMANDS.find((name) => name === command);
    if (known === undefined) return { problem: `command must be one of ${ACCOUNT_COMMANDS.join(', ')}` };
    return { subject: subjects.account(known), symbol: undefined };
  }
  if (target !== 'symbol') return { problem: 'target must be "symbol" or "account"' };
  // It becomes part of a subject, in which a dot or a star would address somebody else.
  if (typeof symbol !== 'string' || !isSymbol(symbol)) return { problem: 'symbol must be a symbol such as KRW-BTC' };
  const known = SYMBOL_COMMANDS.find((name) => name === command);
  if (known === undefined) return { problem: `command must be one of ${SYMBOL_COMMANDS.join(', ')}` };
  return { subject: subjects.symbol(symbol, known), symbol };
}

function isReply(value: unknown): value is Reply {
  if (typeof value !== 'object' || value === null) return false;
  const { ok, error } = value as { readonly ok?: unknown; readonly error?: unknown };
  return ok === true || (ok === false && typeof error === 'object' && error !== null);
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(decoder.decode(bytes)) as unknown;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
