/**
 * A client: sends each command until it is answered for good, always with the same id, by the rule of DESIGN §3, and
 * keeps every attempt and every answer. It knows the wire contract and nothing of the engine.
 */
import { NoRespondersError } from '../../protocol/errors.ts';
import { sleep } from '../../protocol/ports/clock.ts';
import type { ReplyJson } from './audit/replies.ts';
import type { BusConnection } from './bus-connection.ts';
import type { Dice } from './dice.ts';
import type { SimProcess } from './sim-process.ts';
import { json, type Trace } from './trace.ts';

const ATTEMPT_MS = 1_000;
const PAUSE_MS = { least: 20, most: 250 };
export const DEADLINE_MS = 10_000;

export interface Command {
  /** `cp.symbol.KRW-A.fill` */
  readonly subject: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface CommandRecord extends Command {
  /** What each attempt brought, in order. */
  readonly attempts: string[];
  /** The final answer; undefined when it was given up, with an outcome that is known to be open. */
  answer: ReplyJson | undefined;
  done: boolean;
}

export class Client {
  readonly name: string;
  readonly records: CommandRecord[] = [];
  readonly bus: BusConnection;
  readonly #process: SimProcess;
  readonly #dice: Dice;
  readonly #trace: Trace;

  constructor(options: {
    readonly process: SimProcess;
    readonly bus: BusConnection;
    readonly dice: Dice;
    readonly trace: Trace;
  }) {
    this.name = options.process.name;
    this.bus = options.bus;
    this.#process = options.process;
    this.#dice = options.dice;
    this.#trace = options.trace;
  }

  /** Commands that are still under way. */
  get pending(): number {
    return this.records.filter(({ done }) => !done).length;
  }

  send(command: Command, deadlineMs = DEADLINE_MS): CommandRecord {
    const record: CommandRecord = { ...command, attempts: [], answer: undefined, done: false };
    this.records.push(record);
    this.#trace.add(this.name, () => `${command.subject} ${json(command.body)}`);
    void this.#untilAnswered(record, deadlineMs);
    return record;
  }

  async #untilAnswered(record: CommandRecord, deadlineMs: number): Promise<void> {
    const { clock } = this.#process;
    const end = clock.monotonic() + deadlineMs;
    while (record.answer === undefined && clock.monotonic() < end) {
      const outcome = await this.#attempt(record, end - clock.monotonic());
      if (outcome === 'again') await sleep(clock, this.#dice.between(PAUSE_MS.least, PAUSE_MS.most));
    }
    record.done = true;
    this.#trace.add(this.name, () => `${record.subject} ${String(record.body.id)} → ${outcomeOf(record)}`);
  }

  async #attempt(record: CommandRecord, leftMs: number): Promise<'final' | 'again'> {
    try {
      const data = await this.bus.request(record.subject, json(record.body), Math.min(ATTEMPT_MS, leftMs));
      const reply = JSON.parse(Buffer.from(data).toString()) as ReplyJson;
      record.attempts.push(reply.ok ? 'ok' : (reply.error?.code ?? 'error'));
      if (!reply.ok && reply.error?.retryable === true) return 'again';
      record.answer = reply;
      return 'final';
    } catch (error) {
      record.attempts.push(error instanceof NoRespondersError ? 'nobody' : 'no answer');
      return 'again';
    }
  }
}

function outcomeOf({ answer, attempts }: CommandRecord): string {
  const tries = attempts.length === 1 ? '' : ` after ${attempts.join(', ')}`;
  if (answer === undefined) return `given up${tries}`;
  if (answer.ok) return `ok${answer.version === undefined ? '' : ` #${answer.version}`}${tries}`;
  return `${answer.error?.code}: ${answer.error?.message}${tries}`;
}
