/** Strategic merge: a patch names what it changes, in lists by the field that tells their entries apart. */
import { type Fields, isFields } from './objects.ts';

/** Lists whose entries have a name; every other list is replaced as a whole, as Kubernetes says for them. */
const ENTRY_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  // Of a container, else of a Service.
  ports: ['containerPort', 'port'],
  topologySpreadConstraints: ['topologyKey'],
};

/** The value with the patch in it; null removes a field. Neither of the two is changed. */
export function merge(value: Fields, patch: Fields): Fields {
  const merged: Fields = { ...value };
  for (const [name, change] of Object.entries(patch)) {
    if (name.startsWith('$')) throw new Error(`patches with ${name} are not supported by this renderer`);
    const old = merged[name];
    if (change === null) delete merged[name];
    else if (isFields(change)) merged[name] = merge(isFields(old) ? old : {}, change);
    else if (Array.isArray(change) && Array.isArray(old)) merged[name] = mergeList(name, old, change);
    else merged[name] = change;
  }
  return merged;
}

function mergeList(name: string, old: readonly unknown[], changes: readonly unknown[]): unknown[] {
  const key = ENTRY_KEYS[name]?.find((candidate) => [...old, ...changes].every((entry) => hasField(entry, candidate)));
  if (key === undefined) return [...changes];
  const entries = new Map((old as Fields[]).map((entry) => [entry[key], entry]));
  // What is new comes first, as kustomize puts it.
  const added = (changes as Fields[]).filter((change) => !entries.has(change[key]));
  for (const change of changes as Fields[]) {
    const entry = entries.get(change[key]);
    if (entry !== undefined) entries.set(change[key], merge(entry, change));
  }
  return [...added, ...entries.values()];
}

function hasField(entry: unknown, name: string): boolean {
  return isFields(entry) && entry[name] !== undefined;
}
