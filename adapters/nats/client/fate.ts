/**
 * What is known of one command while its attempts go out: which of them may have arrived, what was last said, and so what
 * can be claimed at the end. An attempt is open from its sending until it is answered or the server says nobody got it.
 */
import { type Refusal, type Reply, refuse } from '../../../protocol/errors.ts';

export class Fate {
  readonly #open = new Set<number>();
  /** An owner said that it does not know itself. */
  #isUnknown = false;
  #last: Refusal | undefined;

  /** Some attempt may have been carried out without our knowing. */
  get mayHaveArrived(): boolean {
    return this.#isUnknown || this.#open.size > 0;
  }

  sent(attempt: number): void {
    this.#open.add(attempt);
  }

  reachedNobody(attempt: number): void {
    this.#open.delete(attempt);
  }

  /**
   * Takes an answer, however late: it is about the same command. Returns it when it is the answer for good; undefined when
   * the command has to be sent again.
   */
  heard(attempt: number, reply: Reply): Reply | undefined {
    this.#open.delete(attempt);
    if (reply.ok) return reply;
    const { error } = reply;
    // "Nothing was changed" is true of the attempt that came too late, not of an earlier one that may have been in time.
    if (!error.retryable && (error.code !== 'EXPIRED' || !this.mayHaveArrived)) return reply;
    this.#last = error;
    this.#isUnknown ||= error.code === 'OUTCOME_UNKNOWN';
    return undefined;
  }

  /** The answer when no attempt is made any more. `why`: what is said when nobody said anything. */
  end(command: { readonly id: string | undefined; readonly changes: boolean; readonly why: string }): Reply {
    const last = this.#last;
    const said = last === undefined ? {} : { ...last.details, last: last.code };
    if (command.changes && this.mayHaveArrived) {
      return refuse(
        'OUTCOME_UNKNOWN',
        'no definite answer in time: the command may have been carried out. Send the same id again, or look.',
        { ...said, id: command.id },
      );
    }
    return refuse('UNAVAILABLE', last?.message ?? command.why, said);
  }
}
