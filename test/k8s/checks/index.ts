/** Every check by its name. A check looks at a cluster and says in sentences what is wrong with it. */
import type { Cluster } from '../cluster.ts';
import { addresses } from './addresses.ts';
import { backups } from './backups.ts';
import { connections } from './connections.ts';
import { disruption } from './disruption.ts';
import { imageContents } from './image-contents.ts';
import { images } from './images.ts';
import { ports } from './ports.ts';
import { probes } from './probes.ts';
import { references } from './references.ts';
import { resources } from './resources.ts';
import { rollout } from './rollout.ts';
import { scaling } from './scaling.ts';
import { schema } from './schema.ts';
import { security } from './security.ts';
import { selectors } from './selectors.ts';
import { settings } from './settings.ts';

export const CHECKS = {
  addresses,
  backups,
  connections,
  disruption,
  'image contents': imageContents,
  images,
  ports,
  probes,
  references,
  resources,
  rollout,
  scaling,
  schema,
  security,
  selectors,
  settings,
} as const satisfies Record<string, (cluster: Cluster) => readonly string[] | Promise<readonly string[]>>;

export type CheckName = keyof typeof CHECKS;

/** What each check finds; checks that find nothing are left out. */
export async function findings(cluster: Cluster): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = {};
  for (const [name, check] of Object.entries(CHECKS)) {
    const problems = await check(cluster);
    if (problems.length > 0) found[name] = problems;
  }
  return found;
}
