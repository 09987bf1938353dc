/**
 * kustomization.yaml as far as k8s/ uses it. A field that is not here is refused: a renderer that left it out in silence would
 * show other objects than the cluster gets.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { readDocuments } from './objects.ts';

const names = z.array(z.string());

const COMMON = {
  resources: names.default([]),
  components: names.default([]),
  configMapGenerator: z.array(z.strictObject({ name: z.string(), files: names })).default([]),
  patches: z.array(z.strictObject({ path: z.string() })).default([]),
  namespace: z.string().optional(),
  labels: z
    .array(z.strictObject({ pairs: z.record(z.string(), z.string()), includeTemplates: z.literal(true) }))
    .default([]),
  images: z.array(z.strictObject({ name: z.string(), newName: z.string() })).default([]),
};

const KUSTOMIZATION = z.discriminatedUnion('kind', [
  z.strictObject({
    apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
    kind: z.literal('Kustomization'),
    ...COMMON,
  }),
  z.strictObject({
    apiVersion: z.literal('kustomize.config.k8s.io/v1alpha1'),
    kind: z.literal('Component'),
    ...COMMON,
  }),
]);

export type Kustomization = z.infer<typeof KUSTOMIZATION>;

export function readKustomization(folder: string): Kustomization {
  const file = join(folder, 'kustomization.yaml');
  const [document, more] = readDocuments(file);
  if (document === undefined || more !== undefined) throw new Error(`${file}: must hold one document`);
  const read = KUSTOMIZATION.safeParse(document);
  if (!read.success) throw new Error(`${file}: ${z.prettifyError(read.error)}`);
  return read.data;
}
