/** What a client process sends its fills with: the plain library and nothing of the engine, or the engine's own client. */
import type { AnsweredPosition, Failures, FillPlan, FillRecord, WireFill } from './fill-plan.ts';

/** A fill on its way; with `final` it is a record. Answers that come later still add to `versions`. */
export interface Pending {
  readonly symbol: string;
  readonly fill: WireFill;
  readonly versions: Set<number>;
  readonly sentAt: number;
  attempts: number;
  final?: Pick<FillRecord, 'outcome' | 'answeredAt' | 'version' | 'position' | 'code'>;
}

/** A reply as a client sees it; DESIGN §7 fixes its names. */
export interface Answer {
  readonly ok: boolean;
  readonly version?: number;
  readonly position?: AnsweredPosition;
  readonly results?: readonly Answer[];
  readonly error?: { readonly code: string; readonly retryable: boolean };
}

export interface FillSender {
  /** Sends until every fill has a final answer or was given up. */
  settle(fills: readonly Pending[]): Promise<void>;
  close(): Promise<void>;
}

export type OpenSender = (plan: FillPlan, failures: Failures) => Promise<FillSender>;

/** Milliseconds since 1970 by a clock that never jumps within a process. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

export function count(failures: Failures, failure: string): void {
  failures[failure] = (failures[failure] ?? 0) + 1;
}

/** Gives a fill its final answer; one that asks for another attempt is none. */
export function conclude(item: Pending, answer: Answer): boolean {
  const answeredAt = now();
  const { ok, version, position, error } = answer;
  if (ok && version !== undefined) {
    item.versions.add(version);
    item.final = { outcome: 'ok', version, answeredAt, ...(position === undefined ? {} : { position }) };
    return true;
  }
  if (error?.retryable === true) return false;
  item.final = { outcome: 'refused', code: error?.code ?? 'an answer without version or error', answeredAt };
  return true;
}
