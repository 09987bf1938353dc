/** How a client process sends fills: the one thing in which the clients of the contenders differ. */
import type { Side } from '../../../domain/position.ts';

/** As it travels; the decimals are strings. */
export interface LoadFill {
  readonly id: string;
  readonly side: Side;
  readonly quantity: string;
  readonly price: string;
  readonly fee: string;
}

/** The version that was acknowledged, or the code of the refusal. */
export type Outcome = number | string;

export interface Sender {
  send(symbol: string, fill: LoadFill): Promise<Outcome>;
  /** Several fills in one request; the outcomes in their order. */
  sendBatch(symbol: string, fills: readonly LoadFill[]): Promise<readonly Outcome[]>;
  close(): Promise<void>;
}

export interface SenderOptions {
  readonly url: string;
  /** First part of the subjects of the contender. */
  readonly prefix: string;
}
