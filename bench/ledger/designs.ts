/** Every design there is, in the order of the tables: from what goes wrong over what teams write to what this engine does. */
import { coinpilot } from './coinpilot.ts';
import type { Design } from './contender.ts';
import { atomicUpdate } from './contenders/atomic-update.ts';
import { forUpdate } from './contenders/for-update.ts';
import { forUpdateCall } from './contenders/for-update-call.ts';
import { repeatableRead, serializable } from './contenders/isolation.ts';
import { optimistic } from './contenders/optimistic.ts';
import { owner } from './contenders/owner.ts';
import { unsafe } from './contenders/unsafe.ts';

export const DESIGNS: readonly Design[] = [
  unsafe,
  forUpdate,
  forUpdateCall,
  optimistic,
  repeatableRead,
  serializable,
  atomicUpdate,
  owner,
  coinpilot,
];

/** What the others are compared with. */
export const BASELINE = forUpdate.name;
