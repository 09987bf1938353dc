/** A connection that plays a script, one step an attempt, under a clock that a test moves. */
import { CoinPilotClient, type Reply, type Wire, type WireListener } from '../../../adapters/nats/client/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** What becomes of an attempt; a function decides from what was asked. The last step goes on for ever. */
export type Step = 'nobody' | 'silence' | 'garbage' | Reply | ((body: Body) => Step);

export interface Body {
  readonly id?: string;
  readonly deadline?: string;
  readonly fills?: readonly { readonly id: string; readonly quantity: string }[];
  readonly [name: string]: unknown;
}

export interface Sent {
  readonly subject: string;
  readonly body: Body;
  readonly at: number;
  /** Answers this attempt now, again if need be. */
  readonly answer: (step: Step) => void;
}

export class ScriptedWire implements Wire {
  connected = true;
  /** Attempts of calls, without the questions to the cluster. */
  readonly sent: Sent[] = [];
  readonly lookUps: Sent[] = [];
  /** What the cluster answers when it is asked for its symbols. */
  cluster: Step = 'silence';
  listener: WireListener | undefined;
  readonly #clock: FakeClock;
  readonly #steps: readonly Step[];

  constructor(clock: FakeClock, steps: readonly Step[]) {
    this.#clock = clock;
    this.#steps = steps;
  }

  listen(listener: WireListener): void {
    this.listener = listener;
  }

  publish(subject: string, payload: Uint8Array, token: string): void {
    const body = JSON.parse(new TextDecoder().decode(payload)) as Body;
    const answer = (step: Step): void => this.#play(step, body, token);
    const attempt: Sent = { subject, body, at: this.#clock.monotonic(), answer };
    if (subject.endsWith('.cluster.symbols')) {
      this.lookUps.push(attempt);
      answer(this.cluster);
      return;
    }
    this.sent.push(attempt);
    answer(this.#steps[Math.min(this.sent.length, this.#steps.length) - 1] ?? 'silence');
  }

  async close(): Promise<void> {
    this.connected = false;
  }

  #play(step: Step, body: Body, token: string): void {
    if (typeof step === 'function') {
      this.#play(step(body), body, token);
      return;
    }
    if (step === 'silence') return;
    const data =
      step === 'nobody' ? undefined : new TextEncoder().encode(step === 'garbage' ? '{"ok"' : JSON.stringify(step));
    // As over a network: never from inside the publish.
    setImmediate(() => this.listener?.onAnswer(token, data));
  }
}

export interface Scene {
  readonly clock: FakeClock;
  readonly wire: ScriptedWire;
  readonly client: CoinPilotClient;
}

/** Chance at its most: the pauses are 40, 80, 160 and then 250 ms. */
export function scene(steps: readonly Step[], options: { chance?: number; attemptMs?: number } = {}): Scene {
  const clock = new FakeClock();
  const wire = new ScriptedWire(clock, steps);
  const client = CoinPilotClient.over(wire, {
    clock,
    random: { next: () => options.chance ?? 1 },
    deadlineMs: 5_000,
    ...(options.attemptMs === undefined ? {} : { attemptMs: options.attemptMs }),
  });
  return { clock, wire, client };
}

/** Moves time on until the call is answered, far past its deadline if need be. */
export async function answerOf<Answer>(
  { clock }: Scene,
  call: Promise<Answer>,
): Promise<{ reply: Answer; tookMs: number }> {
  const startedAt = clock.monotonic();
  let done: { reply: Answer } | undefined;
  void call.then((reply) => {
    done = { reply };
  });
  for (let waitedMs = 0; done === undefined && waitedMs < 60_000; waitedMs += 5) await clock.advance(5);
  if (done === undefined) throw new Error('the call was never answered');
  return { reply: done.reply, tookMs: clock.monotonic() - startedAt };
}
