/** Memory of this process after everything that can be collected has been. */
import { setTimeout as delay } from 'node:timers/promises';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What finalizers and weak references hold is let go in a later turn. */
const COLLECTIONS = 4;
const PAUSE_MS = 30;

export interface Memory {
  /** Objects of JavaScript that are alive. */
  readonly heapBytes: number;
  /** Resident outside of the heap: buffers, and what native code keeps. */
  readonly nativeBytes: number;
  /** Resident in all: with the room of the heap that is empty, which grows in steps of megabytes. */
  readonly residentBytes: number;
}

/** What is really in use. */
export function ownBytes({ heapBytes, nativeBytes }: Memory): number {
  return heapBytes + nativeBytes;
}

export async function settledMemory(): Promise<Memory> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let collection = 0; collection < COLLECTIONS; collection += 1) {
    collect();
    await delay(PAUSE_MS);
  }
  const { heapUsed, rss } = process.memoryUsage();
  const roomBytes = getHeapSpaceStatistics().reduce((sum, space) => sum + space.physical_space_size, 0);
  return { heapBytes: heapUsed, nativeBytes: rss - roomBytes, residentBytes: rss };
}
