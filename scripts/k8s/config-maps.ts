/**
 * ConfigMaps made from files. Their names end in a hash of their contents, the very one kustomize makes: other contents are another
 * name in every Pod that reads them, so that a change of a setting rolls the Pods, and an old ReplicaSet still finds what it read.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Fields, isFields, type KubernetesObject } from './objects.ts';

const HASH_LENGTH = 10;
/** Letters and digits that could spell a word, or be taken for each other, are replaced. */
const REPLACED: Readonly<Record<string, string>> = { '0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't' };

export function generateConfigMap(name: string, folder: string, files: readonly string[]): KubernetesObject {
  const data = Object.fromEntries(files.map((file) => [basename(file), readFileSync(join(folder, file), 'utf8')]));
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

/** Gives generated ConfigMaps their final names, also where Pods refer to them. */
export function addHashes(objects: readonly KubernetesObject[], generated: ReadonlySet<KubernetesObject>): void {
  const names = new Map<string, string>();
  for (const map of generated) {
    const { name } = map.metadata;
    map.metadata.name = `${name}-${hashOf(map.data as Readonly<Record<string, string>>)}`;
    names.set(name, map.metadata.name);
  }
  for (const object of objects) rename(object.spec, names);
}

function hashOf(data: Readonly<Record<string, string>>): string {
  const sorted = Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));
  // Kustomize looks for the name where it is not, and hashes an empty one.
  const text = JSON.stringify({ data: sorted, kind: 'ConfigMap', name: '' });
  // As Go writes JSON.
  const escaped = text.replace(/[<>&\u2028\u2029]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  const hash = createHash('sha256').update(escaped).digest('hex').slice(0, HASH_LENGTH);
  return hash.replace(/[013ae]/g, (letter) => REPLACED[letter] ?? letter);
}

/** A Pod names a ConfigMap as a volume, for one variable or for all of them. */
function rename(value: unknown, names: ReadonlyMap<string, string>): void {
  if (Array.isArray(value)) for (const entry of value) rename(entry, names);
  if (!isFields(value)) return;
  for (const [field, part] of Object.entries(value)) {
    if (['configMap', 'configMapKeyRef', 'configMapRef'].includes(field) && isFields(part)) setName(part, names);
    else rename(part, names);
  }
}

function setName(reference: Fields, names: ReadonlyMap<string, string>): void {
  reference.name = names.get(reference.name as string) ?? reference.name;
}
