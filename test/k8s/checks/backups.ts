/** A database in the cluster survives an instance that is lost, and one that is ruined. */
import { titleOf } from '../../../scripts/k8s/objects.ts';
import type { Cluster } from '../cluster.ts';

interface ClusterSpec {
  readonly instances: number;
  readonly postgresql?: {
    readonly parameters?: Readonly<Record<string, string>>;
    readonly synchronous?: { readonly number: number; readonly dataDurability: string };
  };
  readonly plugins?: readonly {
    readonly isWALArchiver?: boolean;
    readonly parameters?: { readonly barmanObjectName?: string };
  }[];
}

interface ObjectStoreSpec {
  readonly configuration: {
    readonly s3Credentials: Readonly<Record<string, { readonly name: string; readonly key: string }>>;
  };
}

const INSTANCES_MIN = 3;
/** Without them an acknowledgement is a hope. Their defaults are right. */
const DURABILITY = /\b(?:fsync|synchronous_commit|full_page_writes)\b/;

export function backups(cluster: Cluster): string[] {
  return [
    ...cluster.workloads.flatMap(({ title, containers }) =>
      containers
        .filter(({ args = [] }) => args.some((word) => DURABILITY.test(word)))
        .map(() => `${title}: may lose what it acknowledged`),
    ),
    ...cluster.all<{ spec: ClusterSpec }>('Cluster').flatMap((database) => {
      const { instances, postgresql, plugins = [] } = database.spec;
      const { number = 0, dataDurability } = postgresql?.synchronous ?? {};
      const store = plugins.find(({ isWALArchiver }) => isWALArchiver)?.parameters?.barmanObjectName;
      const schedules = cluster.all<{ spec: { cluster: { name: string } } }>('ScheduledBackup');
      const problems: string[] = [];
      if (instances < INSTANCES_MIN) problems.push(`${instances} instances: one that is away leaves none to lose`);
      if (Object.keys(postgresql?.parameters ?? {}).some((name) => DURABILITY.test(name)))
        problems.push('may lose what it acknowledged');
      if (number < 1 || dataDurability !== 'required') problems.push('acknowledges what only one disk has');
      if (!cluster.all('ObjectStore').some(({ metadata }) => metadata.name === store))
        problems.push(`its log goes to ObjectStore ${store}, which is not there`);
      if (!schedules.some(({ spec }) => spec.cluster.name === database.metadata.name))
        problems.push('is never backed up');
      return problems.map((problem) => `${titleOf(database)}: ${problem}`);
    }),
    ...cluster.all<{ spec: ObjectStoreSpec }>('ObjectStore').flatMap((store) =>
      Object.values(store.spec.configuration.s3Credentials)
        .filter(({ name, key }) => cluster.values('Secret', name)?.[key] === undefined)
        .map(({ name, key }) => `${titleOf(store)}: there is no key ${key} in a Secret ${name}`),
    ),
  ];
}
