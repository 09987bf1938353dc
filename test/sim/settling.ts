/**
 * The end of a run: all faults are over, everything gets time to come to rest, and then it must have. Every command is
 * settled, every symbol is served by exactly one Pod, which is the one placement names, nothing is left in doubt at the
 * venue, and whoever asks again hears what he heard before.
 */
import { place } from '../../supervisors/cluster/placement.ts';
import type { CommandRecord } from './client.ts';
import type { Dice } from './dice.ts';
import type { World } from './world.ts';

/** Longer than every lease, deadline and patience of the engine together. */
const REST_MS_MAX = 120_000;
const LOOK_EVERY_MS = 500;
/** It must stay so. */
const STABLE_LOOKS = 3;
const ASKED_AGAIN_MAX = 12;

export class Settling {
  readonly #world: World;
  readonly #dice: Dice;

  constructor(world: World, dice: Dice) {
    this.#world = world;
    this.#dice = dice;
  }

  async run(): Promise<void> {
    const { auditor, faults } = this.#world;
    faults.heal();
    const unrest = await this.#rest();
    for (const what of unrest) auditor.report('liveness', what, 'at rest', `not after ${REST_MS_MAX / 1000} s`);
    if (unrest.length > 0) return;
    await this.#askAgain();
    auditor.check();
    auditor.venue.checkSettled();
  }

  /** Until nothing moves any more; what still does when the time is over. */
  async #rest(): Promise<readonly string[]> {
    const { timeline, auditor, market, ledger } = this.#world;
    const end = timeline.nowMs + REST_MS_MAX;
    let stable = 0;
    for (;;) {
      // The market never rests: what a Pod could not hear of an execution it hears with the next price.
      for (const symbol of ledger.database.positions.keys()) market.trade(symbol);
      await timeline.advance(LOOK_EVERY_MS);
      auditor.check();
      // Something is wrong already: what else is not at rest yet is no news.
      if (auditor.violations.length > 0) return [];
      const unrest = this.#unrest();
      stable = unrest.length === 0 ? stable + 1 : 0;
      if (stable >= STABLE_LOOKS || timeline.nowMs >= end) return unrest;
    }
  }

  #unrest(): string[] {
    const { clients, fleet, ledger, server } = this.#world;
    const { positions, orders } = ledger.database;
    const unrest: string[] = [];
    for (const { name, pending } of clients) if (pending > 0) unrest.push(`${name} waits for ${pending} commands`);
    const live = fleet.running.filter(({ process }) => !process.ended);
    const serving = live.filter(({ pod }) => pod.serving).map(({ name }) => name);
    if (serving.length < fleet.names.length) unrest.push(`only ${serving.join(', ')} serve`);
    for (const { name, writer, link } of live) {
      const waiting = (writer?.pending ?? 0) + link.unanswered;
      if (waiting > 0) unrest.push(`${name} waits for ${waiting} answers of the ledger`);
    }
    const symbols = [...positions.values()].filter(({ removed }) => !removed);
    const placement = place(
      symbols.map(({ symbol }) => symbol),
      serving,
    );
    for (const { symbol, owner, epoch } of symbols) {
      const owners = live.filter(({ served }) => served.get(symbol) === epoch).map(({ name }) => name);
      const expected = placement.get(symbol);
      if (owner?.pod !== expected || owners.join() !== expected) {
        unrest.push(`${symbol} belongs to ${expected}, the row says ${owner?.pod}, it is served by ${owners.join()}`);
      }
      const listeners = server.listeners(`cp.symbol.${symbol}.get`);
      if (listeners !== 1) unrest.push(`${symbol} has ${listeners} listeners`);
    }
    const accounts = server.listeners('cp.account.get');
    if (accounts !== 1) unrest.push(`the account has ${accounts} listeners`);
    for (const [id, { status }] of orders) {
      if (status === 'pending' || status === 'unknown') unrest.push(`order ${id} is ${status}`);
    }
    return unrest;
  }

  /** Of a symbol that was removed meanwhile: nobody answers for it. */
  #isGone(subject: string): boolean {
    const symbol = subject.split('.')[2] ?? '';
    return this.#world.ledger.database.positions.get(symbol)?.removed === true;
  }

  /** The auditor compares the answers as they leave; here they only have to come. */
  async #askAgain(): Promise<void> {
    const { clients, timeline, auditor } = this.#world;
    const asked: [CommandRecord, CommandRecord][] = [];
    for (const client of clients) {
      const accepted = client.records.filter(({ answer, body }) => answer?.ok === true && 'id' in body);
      for (let count = 0; count < ASKED_AGAIN_MAX && accepted.length > 0; count += 1) {
        const first = this.#dice.pick(accepted);
        if (first.subject.startsWith('cp.cluster.') || this.#isGone(first.subject)) continue;
        const { deadline: _, ...body } = first.body;
        asked.push([first, client.send({ subject: first.subject, body })]);
      }
    }
    await timeline.advance(LOOK_EVERY_MS);
    for (const [first, again] of asked) {
      // An order, and its cancellation, are answered by what became of the order by now.
      const byOutcome = /\.(order|cancel)$/.test(first.subject) && again.answer !== undefined;
      if (again.answer?.ok === true || byOutcome) continue;
      auditor.report(
        'I3',
        `${first.subject} ${String(first.body.id)} is answered again`,
        first.answer,
        again.answer ?? again.attempts,
      );
    }
  }
}
