/** Objects of Kubernetes as they are read from YAML and written back: plain data that the renderer may change. */
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

/** Any part of an object that has fields. */
export type Fields = Record<string, unknown>;

export interface Metadata extends Fields {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface KubernetesObject extends Fields {
  readonly apiVersion: string;
  readonly kind: string;
  metadata: Metadata;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const titleOf = ({ kind, metadata }: KubernetesObject): string => `${kind} ${metadata.name}`;

/** Every document of a YAML file. Throws, with the file's name, on what is no object of Kubernetes. */
export function readObjects(file: string): KubernetesObject[] {
  return readDocuments(file).map((value) => {
    const { apiVersion, kind, metadata } = value;
    const named = isFields(metadata) && typeof metadata.name === 'string';
    if (typeof apiVersion !== 'string' || typeof kind !== 'string' || !named)
      throw new Error(`${file}: every document needs apiVersion, kind and metadata.name`);
    return value as KubernetesObject;
  });
}

export function readDocuments(file: string): Fields[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`${file}: ${error.message}`);
    const value: unknown = document.toJS();
    if (!isFields(value)) throw new Error(`${file}: a document holds no fields`);
    return value;
  });
}

/** The template of what makes Pods; undefined for everything else. */
export function podTemplateOf(object: KubernetesObject): { metadata?: Partial<Metadata>; spec: Fields } | undefined {
  const spec = object.spec;
  if (!isFields(spec) || !isFields(spec.template) || !isFields(spec.template.spec)) return undefined;
  return spec.template as { metadata?: Partial<Metadata>; spec: Fields };
}

/** Containers of a Pod, those that run before the others included. */
export function containersOf(podSpec: Fields): Fields[] {
  return [podSpec.initContainers, podSpec.containers].flatMap((list) => (list as Fields[] | undefined) ?? []);
}
