/**
 * Keeps one symbol's actor alive: owns its mailbox, its restarts and its poison messages. A crash ends a life of the
 * actor, never the symbol: after a pause the symbol is claimed again (epoch + 1) and a new life starts from the ledger,
 * with the message that caused the crash first in line. A message that crashes three lives is quarantined; a symbol that
 * keeps crashing is halted, on record, and waits for a person. Its neighbours never notice.
 */
import { Mailbox } from '../actors/mailbox.ts';
import { type ActorPorts, type ActorSupervisor, SymbolActor } from '../actors/symbol/actor.ts';
import type { Envelope, SymbolMessage } from '../actors/symbol/messages.ts';
import type { ClaimedLife } from '../actors/symbol/recovery.ts';
import type { SymbolSettings } from '../actors/symbol/turn.ts';
import { type Reply, RetryableError, refuse } from '../protocol/errors.ts';
import { contentId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import { type Clock, sleep } from '../protocol/ports/clock.ts';
import type { LedgerWriter } from '../protocol/ports/ledger.ts';
import type { Log } from '../protocol/ports/log.ts';
import type { MarketEvent } from '../protocol/ports/market.ts';
import type { HeldSymbol, OwnershipPort } from '../protocol/ports/ownership.ts';
import { deadLetter } from './dead-letter.ts';
import { asOutsideFailure } from './outside-failure.ts';
import type { RestartDecision, RestartPolicy } from './restart-policy.ts';

/** What a host needs of its surroundings; one object for all hosts of a Pod. */
export interface HostOptions {
  readonly ports: ActorPorts;
  /** Made at the first crash of a symbol: most never have one. */
  readonly newPolicy: () => RestartPolicy;
  readonly ownership: OwnershipPort;
  readonly writer: LedgerWriter;
  readonly clock: Clock;
  readonly log: Log;
  /** Claims the symbol again; undefined when it can't be had (owned by another, or locked at the moment). */
  readonly claim: (host: SymbolHost) => Promise<ClaimedLife | undefined>;
  /** The ledger says another Pod owns it. */
  readonly onLost: (host: SymbolHost) => void;
  /** Makes an actor; tests put one in that fails. */
  readonly startActor?: typeof SymbolActor.start;
}

/** Pause before a symbol looks again whether the Pod has room for what waits in its mailbox. */
const POD_FULL_RETRY_MS = 20;

type HostStatus = 'starting' | 'running' | 'halted' | 'stopped';

/** What has nothing before it to wait for. */
const DONE: Promise<void> = Promise.resolve();

export class SymbolHost implements ActorSupervisor {
  readonly #settings: SymbolSettings;
  readonly #options: HostOptions;
  readonly #mailbox = new Mailbox<Envelope>(LIMITS.mailboxMessagesMax);
  #actor: SymbolActor | undefined;
  #status: HostStatus = 'starting';
  #epoch = 0;
  /** Counts the beginnings and ends of lives: it says whether a life that was being started is still the present one. */
  #lives = 0;
  #policy: RestartPolicy | undefined;
  #haltedReason: string | undefined;
  #cancelRestart: (() => void) | undefined;
  #cancelFeed: (() => void) | undefined;
  #statusWaiters: (() => void)[] = [];
  /** The halt that is being stored. */
  #storing = DONE;
  /** The end of the line of market events. */
  #market = DONE;
  crashes = 0;

  constructor(settings: SymbolSettings, options: HostOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  get symbol(): string {
    return this.#settings.symbol;
  }

  get actor(): SymbolActor | undefined {
    return this.#actor;
  }

  get mode(): string {
    if (this.#status === 'running') return this.#actor?.mode ?? 'starting';
    return this.#status === 'halted' ? 'halted' : 'starting';
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** The symbol and epoch this host believes to own; undefined between two lives. */
  get held(): HeldSymbol | undefined {
    const owns = this.#status === 'running' || this.#status === 'halted';
    return owns ? { symbol: this.symbol, epoch: this.#epoch } : undefined;
  }

  get waiting(): number {
    return this.#mailbox.size;
  }

  /** Starts a life from a claim and what was read after it. A failure to start is a crash like any other. */
  async start({ claimed, recovery }: ClaimedLife): Promise<void> {
    const { ports, startActor = SymbolActor.start } = this.#options;
    this.#epoch = claimed.epoch;
    this.#lives += 1;
    const life = this.#lives;
    try {
      const actor = await startActor(this.#settings, claimed, recovery, ports, this);
      if (life !== this.#lives || this.#status === 'stopped') {
        actor.stop(UNAVAILABLE);
        return;
      }
      this.#actor = actor;
      this.#setStatus('running');
      this.#feedActor();
    } catch (cause) {
      // It ended before it was handed over: whoever ended it has arranged what follows.
      if (life !== this.#lives) return;
      const error = asOutsideFailure(cause);
      // What a start reads is away: not the symbol's fault, and no reason to halt it.
      if (error instanceof RetryableError) this.#retryStart(error);
      else this.onCrash(error, undefined);
    }
  }

  /** A command for the symbol. Answered BUSY when the mailbox is full, HALTED when the actor may not run. */
  post(message: SymbolMessage, reply: (reply: Reply) => void): void {
    const envelope: Envelope = { message, receivedAt: this.#options.clock.now(), attempts: 0, reply };
    if (this.#status === 'halted') {
      this.#answerHalted(envelope);
      return;
    }
    if (this.#status === 'stopped') {
      reply(UNAVAILABLE);
      return;
    }
    if (!this.#mailbox.push(envelope)) {
      reply(refuse('BUSY', 'too many commands wait for this symbol: send the same command again in a moment'));
      return;
    }
    this.#feedActor();
  }

  /**
   * A market event; waits for the actor, also while it is being restarted. A halted symbol lets the market pass. One event
   * after the other, whoever delivers them: a part that was restarted may still have one under way.
   */
  market(event: MarketEvent): Promise<void> {
    const handled = this.#market.then(() => this.#deliver(event));
    this.#market = handled.catch(() => undefined);
    return handled;
  }

  async #deliver(event: MarketEvent): Promise<void> {
    while (this.#status === 'starting') await this.#statusChange();
    const actor = this.#actor;
    if (this.#status !== 'running' || actor === undefined) return;
    await actor.market(event);
  }

  /** Resolves when everything accepted so far is done, or nobody is there to do it. */
  async settled(): Promise<void> {
    while (this.#status === 'running' && this.#actor !== undefined && (this.waiting > 0 || !this.#actor.idle)) {
      await this.#actor.settled();
      // What waited because the Pod was full is handed over by a timer.
      if (this.waiting > 0) await sleep(this.#options.clock, POD_FULL_RETRY_MS);
    }
  }

  /** Ends the symbol here: what waits is told to try again. */
  stop(): void {
    this.#cancelRestart?.();
    this.#cancelFeed?.();
    this.#actor?.stop(UNAVAILABLE);
    this.#actor = undefined;
    this.#setStatus('stopped');
    for (const envelope of this.#mailbox.clear()) envelope.reply?.(UNAVAILABLE);
  }

  onProgress(): void {
    this.#feedActor();
  }

  #feedActor(): void {
    const { load } = this.#options.ports;
    while (this.#status === 'running' && this.#actor !== undefined) {
      // Its own commits bring it back here; those of other symbols don't, so they are looked for.
      if (!this.#actor.hasRoom) return;
      if (load.rows >= LIMITS.uncommittedPerPodMax) {
        this.#feedLater();
        return;
      }
      const envelope = this.#mailbox.shift();
      if (envelope === undefined) return;
      this.#actor.accept(envelope);
    }
  }

  #feedLater(): void {
    this.#cancelFeed ??= this.#options.clock.after(POD_FULL_RETRY_MS, () => {
      this.#cancelFeed = undefined;
      this.#feedActor();
    });
  }

  onOver(why: 'fenced' | 'lost', cause: unknown): void {
    this.#lives += 1;
    this.#actor = undefined;
    if (this.#status === 'stopped') return;
    this.#setStatus('starting');
    this.#options.log.warn(
      { symbol: this.symbol, epoch: this.#epoch, why, cause: cause === undefined ? undefined : String(cause) },
      'an actor is over',
    );
    // Not a fault of the symbol, so it never halts it; but a fence that comes again and again is tried ever more slowly.
    // After a lost commit the Pod usually starts all its symbols again before this comes to pass.
    const decision = this.#failed();
    this.#restart(decision.type === 'restart' && why === 'fenced' ? decision.delayMs : LIMITS.restartBackoffMaxMs);
  }

  #retryStart(error: RetryableError): void {
    if (this.#status === 'stopped') return;
    this.#options.log.warn({ symbol: this.symbol, error: error.message }, 'a symbol can not be started yet');
    this.#restart(LIMITS.outsideBackoffMaxMs);
  }

  onCrash(error: unknown, envelope: Envelope | undefined): void {
    this.#lives += 1;
    this.crashes += 1;
    this.#actor?.stop(UNAVAILABLE);
    this.#actor = undefined;
    if (this.#status === 'stopped') {
      envelope?.reply?.(UNAVAILABLE);
      return;
    }
    this.#setStatus('starting');
    this.#options.log.error(
      { symbol: this.symbol, epoch: this.#epoch, message: envelope?.message.type, error: describe(error) },
      'an actor crashed',
    );
    if (envelope !== undefined) this.#retryOrQuarantine(envelope, error);
    const decision = this.#failed();
    if (decision.type === 'give-up') this.#halt(error, decision.failures);
    else this.#restart(decision.delayMs);
  }

  #failed(): RestartDecision {
    this.#policy ??= this.#options.newPolicy();
    return this.#policy.failed();
  }

  #retryOrQuarantine(envelope: Envelope, error: unknown): void {
    // Answers of account and venue belong to the life that asked; the next one asks again itself.
    if (envelope.reply === undefined && envelope.message.type !== 'candle') return;
    envelope.attempts += 1;
    if (envelope.attempts < LIMITS.poisonAttemptsMax) {
      this.#mailbox.unshift(envelope);
      return;
    }
    const { writer, log } = this.#options;
    const letter = deadLetter(this.symbol, envelope, describe(error));
    log.error(
      { symbol: this.symbol, attempts: envelope.attempts, error: letter.error },
      'a message was quarantined in dead_letters',
    );
    writer.storeDeadLetter(letter).catch((cause: unknown) => {
      log.error({ symbol: this.symbol, letter, error: describe(cause) }, 'a quarantined message could not be stored');
    });
    envelope.reply?.(
      refuse(
        'INTERNAL',
        `the command crashed its actor ${envelope.attempts} times and was set aside (dead_letters); nothing was changed`,
        {
          error: letter.error,
        },
      ),
    );
    envelope.done?.();
  }

  #restart(delayMs: number): void {
    // A claim would take the row from the Pod that has it by now.
    if (this.#status === 'stopped') return;
    const { clock, claim, onLost, log } = this.#options;
    this.#cancelRestart = clock.after(delayMs, () => {
      claim(this).then(
        (life) => {
          if (this.#status === 'stopped') return;
          if (life === undefined) onLost(this);
          else void this.start(life);
        },
        (error: unknown) => {
          if (this.#status === 'stopped') return;
          log.warn({ symbol: this.symbol, error: describe(error) }, 'a symbol could not be claimed again yet');
          this.#restart(LIMITS.restartBackoffMaxMs);
        },
      );
    });
  }

  #halt(error: unknown, failures: number): void {
    const { log } = this.#options;
    const reason = `stopped after ${failures} crashes: ${describe(error)}`.slice(0, LIMITS.reasonLengthMax);
    this.#haltedReason = reason;
    this.#setStatus('halted');
    log.error(
      { symbol: this.symbol, reason, resume: `coinpilot ctl symbol ${this.symbol} resume --reason "…"` },
      'a symbol was halted because its actor keeps crashing',
    );
    for (const envelope of this.#mailbox.clear()) this.#answerHalted(envelope);
    this.#storeHalt(reason);
  }

  /** Until it is stored: a halt that only this process knows would be forgotten with it. The id makes it one row. */
  #storeHalt(reason: string): void {
    const { log, ownership, clock } = this.#options;
    if (this.#status !== 'halted') return;
    this.#storing = ownership
      .haltSymbol(this.symbol, this.#epoch, reason, contentId('halt', this.symbol, this.#epoch))
      .then((stored) => {
        if (!stored) log.warn({ symbol: this.symbol }, 'the halt was not stored: another Pod owns the symbol');
      })
      .catch((cause: unknown) => {
        log.error({ symbol: this.symbol, error: describe(cause) }, 'the halt could not be stored');
        this.#cancelRestart = clock.after(LIMITS.restartBackoffMaxMs, () => this.#storeHalt(reason));
      });
  }

  #answerHalted(envelope: Envelope): void {
    const { message, reply } = envelope;
    const reason = this.#haltedReason ?? 'halted';
    if (message.type === 'resume') {
      this.#resume(message.request.reason, reply);
      return;
    }
    if (message.type === 'get') {
      const { pod } = this.#options.ports;
      reply?.({
        ok: true,
        mode: 'halted',
        haltedReason: reason,
        owner: pod,
        epoch: this.#epoch,
        position: null,
        openOrders: [],
      });
      return;
    }
    const text = `${this.symbol} is halted: ${reason}. Look at the log and dead_letters, then resume it with a reason.`;
    reply?.(refuse('HALTED', text, { reason }));
    envelope.done?.();
  }

  /** Answered when it is stored: a new life that found the halt in its row would be halted too. */
  #resume(reason: string, reply: Envelope['reply']): void {
    const { ownership, log } = this.#options;
    // Behind a halt that is still being stored: landing later, it would undo the resume.
    const id = contentId('resume', this.symbol, this.#epoch);
    const resumed = this.#storing.then(() => ownership.haltSymbol(this.symbol, this.#epoch, null, id, reason));
    resumed.then(
      (stored) => {
        if (!stored) {
          reply?.(refuse('NOT_OWNER', 'another Pod owns the symbol by now: send the same command again'));
          return;
        }
        log.info({ symbol: this.symbol, reason }, 'a halted symbol is resumed');
        reply?.({ ok: true, mode: 'starting', haltedReason: null, message: 'restarting the actor' });
        if (this.#status !== 'halted') return;
        this.#policy?.reset();
        this.#haltedReason = undefined;
        this.#cancelRestart?.();
        this.#setStatus('starting');
        this.#restart(0);
      },
      (error: unknown) => {
        log.warn({ symbol: this.symbol, error: describe(error) }, 'the resume could not be stored');
        reply?.(refuse('UNAVAILABLE', 'the resume could not be stored: send the same command again'));
      },
    );
  }

  #setStatus(status: HostStatus): void {
    this.#status = status;
    for (const resolve of this.#statusWaiters.splice(0)) resolve();
  }

  #statusChange(): Promise<void> {
    return new Promise((resolve) => this.#statusWaiters.push(resolve));
  }
}

const UNAVAILABLE = refuse('UNAVAILABLE', 'the symbol is restarting: send the same command with the same id again');

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
