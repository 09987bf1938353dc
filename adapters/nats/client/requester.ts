/**
 * Sends requests and hands each its answer: the map from the token of an answer to the call that waits for it. Knows what
 * a request of each kind carries; what becomes of a call over its attempts is the call's own business.
 */
import { isoTime } from '../../../domain/time.ts';
import { type Reply, refuse } from '../../../protocol/errors.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Clock, Random } from '../../../protocol/ports/clock.ts';
import type { Subjects } from '../../../protocol/subjects.ts';
import { BatchTask } from './batch-task.ts';
import { Call, type CallOwner, type CallPorts } from './call.ts';
import { type Address, isChange, subjectOf, takesDeadline } from './commands.ts';
import { decodeReply } from './decode-reply.ts';
import { Directory } from './directory.ts';
import { SingleTask, type Task } from './task.ts';
import { TimerWheel } from './timer-wheel.ts';
import type { Wire, WireListener } from './wire.ts';

export interface RequesterOptions {
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly random: Random;
  /** Makes the ids of commands; UUIDv7. */
  readonly newId: () => string;
  readonly deadlineMs: number;
  readonly attemptMs: number;
}

export interface SendOptions {
  /** Id of the command (default: a new UUIDv7, or the `id` in the body). The same id again is the same command again. */
  readonly id?: string | undefined;
  /** How long to try, in milliseconds. Above 0. */
  readonly deadlineMs?: number | undefined;
  /** Ends the call early, with what is known by then. */
  readonly signal?: AbortSignal | undefined;
}

type Body = Readonly<Record<string, unknown>>;

/** What waits for answers. */
interface Waiting {
  onReply(attempt: number, reply: Reply | undefined): void;
  onNobody(attempt: number): void;
}

const EMPTY = new TextEncoder().encode('{}');

export class Requester implements WireListener, CallOwner {
  readonly #options: RequesterOptions;
  readonly #ports: CallPorts;
  readonly #directory: Directory;
  readonly #calls = new Map<string, Call>();
  readonly #waiting = new Map<string, Waiting>();
  #tokens = 0;
  /** Why the connection is gone for good. */
  #ended: string | undefined;
  #isClosed = false;

  constructor(wire: Wire, options: RequesterOptions) {
    const { clock, random, attemptMs } = options;
    checkTime('attemptMs', attemptMs);
    checkTime('deadlineMs', options.deadlineMs);
    this.#options = options;
    const wheel = new TimerWheel(clock);
    this.#ports = { wire, clock, random, wheel, attemptMs };
    this.#directory = new Directory({ clock, wheel, ask: (timeoutMs, done) => this.#askOnce(timeoutMs, done) });
    wire.listen(this);
  }

  get newId(): () => string {
    return this.#options.newId;
  }

  /** Calls that wait for their answer. */
  get pending(): number {
    return this.#calls.size;
  }

  /** Sends until it is answered for good. Never rejects for what happens outside; throws for what can't be meant. */
  send(address: Address, body: Body, options: SendOptions = {}): Promise<Reply> {
    if ('fills' in body) throw new TypeError('a batch has an id for each fill: send it by client.symbol(…).fills(…)');
    const deadlineMs = this.#deadlineMs(options);
    const changes = isChange(address, body);
    const given = options.id ?? (typeof body.id === 'string' ? body.id : undefined);
    const id = changes ? (given ?? this.#options.newId()) : undefined;
    // Copied and added to: a literal that spreads and adds costs more than the rest of a call.
    const whole: Record<string, unknown> = Object.assign({}, body);
    if (id !== undefined) whole.id = id;
    if (takesDeadline(address, body)) whole.deadline = this.#deadline(deadlineMs);
    return this.#call(address, new SingleTask({ body: whole, id, changes }), deadlineMs, options.signal);
  }

  /** Fills of one symbol, answered one by one. */
  sendFills(symbol: string, fills: readonly (Body & { readonly id: string })[], options: SendOptions): Promise<Reply> {
    const deadlineMs = this.#deadlineMs(options);
    const task = new BatchTask(fills, this.#deadline(deadlineMs));
    return this.#call({ target: 'symbol', name: symbol, command: 'fill' }, task, deadlineMs, options.signal);
  }

  onAnswer(token: string, data: Uint8Array | undefined): void {
    const dash = token.lastIndexOf('-');
    const waiting = this.#waiting.get(token.slice(0, dash));
    if (waiting === undefined) return;
    const attempt = Number(token.slice(dash + 1));
    if (data === undefined) waiting.onNobody(attempt);
    else waiting.onReply(attempt, decodeReply(data));
  }

  onReconnect(): void {
    for (const call of this.#calls.values()) call.onReconnect();
  }

  /** What waits is answered with what is known by now, every later call with UNAVAILABLE. */
  onEnd(why: string): void {
    this.#ended ??= `the connection to NATS has ended: ${why}`;
    this.#stopAll(this.#ended);
  }

  /** Answers what waits with what is known by now. Later calls throw: whoever closes a client must not go on using it. */
  close(): void {
    this.#isClosed = true;
    this.#stopAll('the client was closed while the call waited');
  }

  #stopAll(why: string): void {
    for (const call of [...this.#calls.values()]) call.stop(why);
  }

  #call(address: Address, task: Task, deadlineMs: number, signal: AbortSignal | undefined): Promise<Reply> {
    if (this.#isClosed) throw new Error('the client is closed: connect another one');
    const subject = subjectOf(this.#options.subjects, address);
    const refusal = this.#refusal(task, signal);
    if (refusal !== undefined) return Promise.resolve(refusal);
    return new Promise((resolve) => {
      const token = this.#newToken();
      const call = new Call({
        ports: this.#ports,
        owner: this,
        token,
        subject,
        address,
        task,
        deadlineMs,
        signal,
        resolve,
      });
      this.#calls.set(token, call);
      this.#waiting.set(token, call);
      call.start();
    });
  }

  lookUp(address: Address, since: number, done: (missing: Reply | undefined) => void): void {
    if (address.target === 'symbol' || address.target === 'pod') {
      this.#directory.lookUp(address.target, address.name, since, done);
    } else {
      done(undefined);
    }
  }

  ended(token: string): void {
    this.#calls.delete(token);
    this.#waiting.delete(token);
  }

  #refusal(task: Task, signal: AbortSignal | undefined): Reply | undefined {
    if (this.#ended !== undefined) return task.end(this.#ended);
    if (signal?.aborted) return task.end('the caller gave up before anything was sent');
    if (task.bytes > LIMITS.payloadBytesMax) {
      return refuse(
        'INVALID',
        `the request has ${task.bytes} bytes, at most ${LIMITS.payloadBytesMax} are taken: split it`,
        { bytes: task.bytes, bytesMax: LIMITS.payloadBytesMax },
      );
    }
    if (this.#calls.size < LIMITS.clientCallsMax) return undefined;
    return refuse('BUSY', `this client waits for ${LIMITS.clientCallsMax} answers already: nothing was sent`, {
      callsMax: LIMITS.clientCallsMax,
    });
  }

  /** One attempt without a retry. */
  #askOnce(timeoutMs: number, done: (reply: Reply | undefined) => void): void {
    const { wire, wheel } = this.#ports;
    const token = this.#newToken();
    const finish = (reply: Reply | undefined): void => {
      wheel.cancel(timer);
      if (this.#waiting.delete(token)) done(reply);
    };
    const timer = wheel.after(timeoutMs, { onTime: () => finish(undefined) });
    this.#waiting.set(token, { onReply: (_, reply) => finish(reply), onNobody: () => finish(undefined) });
    wire.publish(this.#options.subjects.cluster('symbols'), EMPTY, `${token}-1`);
  }

  #newToken(): string {
    this.#tokens += 1;
    return this.#tokens.toString(36);
  }

  #deadlineMs({ deadlineMs = this.#options.deadlineMs }: SendOptions): number {
    return checkTime('deadlineMs', deadlineMs);
  }

  /** What arrives later is refused by the engine, so that a query by id is definitive from then on. */
  #deadline(deadlineMs: number): string {
    return isoTime(this.#options.clock.now() + deadlineMs);
  }
}

function checkTime(name: string, milliseconds: number): number {
  if (Number.isFinite(milliseconds) && milliseconds > 0) return milliseconds;
  throw new TypeError(`${name} must be milliseconds above 0, not ${milliseconds}`);
}
