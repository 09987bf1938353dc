/**
 * The resources of CloudNativePG 1.30 and of its Barman Cloud plugin 0.13, as far as these manifests use them; what is not here is
 * refused. Whoever needs another field looks it up in the CRD and adds it.
 */
import { z } from 'zod';
import type { KubernetesObject } from '../../../scripts/k8s/objects.ts';

const quantity = z.string().regex(/^\d+(?:\.\d+)?(?:m|[KMGT]i?)?$/);
const resources = z.strictObject({ cpu: quantity, memory: quantity });
const storage = z.strictObject({ size: quantity, storageClass: z.string().optional() });
const secretKey = z.strictObject({ name: z.string(), key: z.string() });
const compressed = z.strictObject({ compression: z.enum(['bzip2', 'gzip', 'snappy']) });
const plugin = z.strictObject({ name: z.string(), parameters: z.record(z.string(), z.string()).optional() });

const clusterSpec = z.strictObject({
  instances: z.int().min(1),
  imageName: z.string(),
  bootstrap: z.strictObject({
    initdb: z.strictObject({
      database: z.string(),
      owner: z.string(),
      encoding: z.string(),
      localeCType: z.string(),
      localeCollate: z.string(),
      dataChecksums: z.boolean(),
    }),
  }),
  postgresql: z.strictObject({
    parameters: z.record(z.string(), z.string()).optional(),
    synchronous: z.strictObject({
      method: z.enum(['any', 'first']),
      number: z.int().min(1),
      dataDurability: z.enum(['required', 'preferred']),
    }),
  }),
  inheritedMetadata: z.strictObject({ labels: z.record(z.string(), z.string()) }),
  affinity: z.strictObject({ topologyKey: z.string(), podAntiAffinityType: z.enum(['preferred', 'required']) }),
  resources: z.strictObject({ requests: resources, limits: resources }),
  storage,
  walStorage: storage,
  enablePDB: z.boolean(),
  plugins: z.array(plugin.extend({ isWALArchiver: z.boolean() })),
});

const scheduledBackupSpec = z.strictObject({
  /** Six fields, seconds first. */
  schedule: z.string().regex(/^\S+(?: \S+){5}$/),
  immediate: z.boolean(),
  backupOwnerReference: z.enum(['none', 'self', 'cluster']),
  cluster: z.strictObject({ name: z.string() }),
  method: z.enum(['barmanObjectStore', 'volumeSnapshot', 'plugin']),
  pluginConfiguration: plugin,
});

const objectStoreSpec = z.strictObject({
  retentionPolicy: z.string().regex(/^[1-9]\d*[dwm]$/),
  configuration: z.strictObject({
    destinationPath: z.string().min(1),
    endpointURL: z.url(),
    s3Credentials: z.strictObject({ accessKeyId: secretKey, secretAccessKey: secretKey }),
    wal: compressed,
    data: compressed,
  }),
});

const SPECS: Readonly<Record<string, z.ZodType>> = {
  'postgresql.cnpg.io/v1 Cluster': clusterSpec,
  'postgresql.cnpg.io/v1 ScheduledBackup': scheduledBackupSpec,
  'barmancloud.cnpg.io/v1 ObjectStore': objectStoreSpec,
};

export function customResourceProblems(object: KubernetesObject): readonly string[] {
  const { apiVersion, kind, metadata, spec, ...rest } = object;
  const type = SPECS[`${apiVersion} ${kind}`];
  if (type === undefined) return [`no schema is known for ${apiVersion} ${kind}`];
  const unknown = Object.keys(rest).map((name) => `/${name} is unknown to ${kind}`);
  const { error } = type.safeParse(spec);
  const problems = error?.issues.map(({ path, message }) => `/spec/${path.join('/')}: ${message}`) ?? [];
  return metadata.name === '' ? [...unknown, ...problems, '/metadata/name is empty'] : [...unknown, ...problems];
}
