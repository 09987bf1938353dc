/** The scenarios by name: so many clients, and what they are sent. */
import type { DesignName } from './server/fan-out.ts';

export const BASELINE: DesignName = 'ws-loop';
export const CONTENDERS: readonly DesignName[] = ['ws-loop', 'ws-loop-once', 'coinpilot', 'coinpilot-ws'];

export interface LoadScenario {
  readonly name: string;
  readonly clients: number;
  /** Events of one turn of the loop; undefined: ticks at their own pace. */
  readonly batch?: number;
  readonly isFor?: (design: DesignName) => boolean;
}

const isNotVariant = (design: DesignName): boolean => design !== 'ws-loop-once';

/** In the order they are measured: connections are added, never taken away. */
export const LOADS: readonly LoadScenario[] = [
  { name: '1000/saturated', clients: 1_000, batch: 8 },
  { name: '1000/singly', clients: 1_000, batch: 1, isFor: isNotVariant },
  { name: '1000/10', clients: 1_000, isFor: isNotVariant },
  { name: '5000/saturated', clients: 5_000, batch: 8, isFor: isNotVariant },
  { name: '5000/10', clients: 5_000, isFor: isNotVariant },
];
export const MEMORY = 'memory';
export const STALLED = 'stalled';
/** What is measured for those: a text that is shared changes neither. */
export const SIDE_CONTENDERS = CONTENDERS.filter(isNotVariant);

export const SCENARIOS: readonly string[] = [...LOADS.map(({ name }) => name), MEMORY, STALLED];
export const QUICK_SCENARIOS: readonly string[] = ['1000/saturated', '1000/10', MEMORY];
