/** The renderer: what it makes of a folder, and what it refuses. Where kubectl is installed overlays.test.ts compares the two. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Fields } from '../../scripts/k8s/objects.ts';
import { render } from '../../scripts/k8s/render.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coinpilot-render-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const OVERLAY = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };
const COMPONENT = { apiVersion: 'kustomize.config.k8s.io/v1alpha1', kind: 'Component' };

function write(name: string, ...documents: readonly (Fields | string)[]): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, documents.map((value) => (typeof value === 'string' ? value : stringify(value))).join('---\n'));
}

function deployment(spec: Fields = {}): Fields {
  const containers = [
    {
      name: 'a',
      image: 'program:1.0',
      env: [
        { name: 'X', value: '1' },
        { name: 'Y', value: '2' },
      ],
    },
  ];
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers, ...spec } };
  const selector = { matchLabels: { app: 'a' } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a' },
    spec: { replicas: 1, selector, template },
  };
}

const patch = (spec: Fields): Fields => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec });

/** The only object of the folder, with a patch applied. */
function patched(spec: Fields): unknown {
  write('kustomization.yaml', { ...OVERLAY, resources: ['a.yaml'], patches: [{ path: 'patch.yaml' }] });
  write('a.yaml', deployment());
  write('patch.yaml', patch(spec));
  return render(folder).objects[0]?.spec;
}

describe('a patch', () => {
  it('changes what it names, in lists by name', () => {
    const env = [
      { name: 'Y', value: '3' },
      { name: 'Z', value: '4' },
    ];
    const spec = patched({ template: { spec: { containers: [{ name: 'a', env }] } } }) as { template: Fields };
    const [Z, X, Y] = [
      { name: 'Z', value: '4' },
      { name: 'X', value: '1' },
      { name: 'Y', value: '3' },
    ];
    expect(spec.template.spec).toEqual({ containers: [{ name: 'a', image: 'program:1.0', env: [Z, X, Y] }] });
  });

  it('removes a field with null', () => expect(patched({ replicas: null })).not.toHaveProperty('replicas'));

  it('has an object to change', () => {
    write('kustomization.yaml', { ...OVERLAY, patches: [{ path: 'patch.yaml' }] });
    write('patch.yaml', patch({}));
    expect(() => render(folder)).toThrow('patch.yaml: there is no Deployment a to patch');
  });

  it('has no directives', () => {
    expect(() => patched({ $patch: 'delete' })).toThrow('patches with $patch are not supported');
  });
});

it('names a generated ConfigMap by its contents, also where a Pod refers to it', () => {
  const { objects } = renderConfig('a: <b> & c\n');
  const [object, map] = objects;
  // As `kubectl kustomize` names it.
  expect(map?.metadata.name).toBe('settings-hgc4522282');
  expect(JSON.stringify(object?.spec)).toContain(`{"name":"${map?.metadata.name}"}`);
  expect(renderConfig('a: d\n').objects[1]?.metadata.name).not.toBe(map?.metadata.name);
});

function renderConfig(text: string): ReturnType<typeof render> {
  const generator = [{ name: 'settings', files: ['settings.yaml'] }];
  write('kustomization.yaml', { ...OVERLAY, resources: ['a.yaml'], configMapGenerator: generator });
  write('settings.yaml', text);
  write('a.yaml', deployment({ volumes: [{ name: 'v', configMap: { name: 'settings' } }] }));
  return render(folder);
}

it('gives namespace, labels and registry to everything, components included, and changes no selector', () => {
  const labels = [{ pairs: { part: 'x' }, includeTemplates: true }];
  const images = [{ name: 'program', newName: 'elsewhere/program' }];
  write('kustomization.yaml', { ...OVERLAY, namespace: 'n', components: ['c'], labels, images });
  write('c/kustomization.yaml', { ...COMPONENT, resources: ['a.yaml'] });
  write('c/a.yaml', deployment());
  const [object] = render(folder).objects;
  expect(object?.metadata).toEqual({ name: 'a', namespace: 'n', labels: { part: 'x' } });
  expect(object).toHaveProperty('spec.selector', { matchLabels: { app: 'a' } });
  expect(object?.spec).toMatchObject({
    template: {
      metadata: { labels: { app: 'a', part: 'x' } },
      spec: { containers: [{ image: 'elsewhere/program:1.0' }] },
    },
  });
});

describe('is refused by name:', () => {
  it.each([
    [
      'a field of the kustomization that is not supported',
      { ...OVERLAY, namePrefix: 'x-' },
      /kustomization\.yaml: .*namePrefix/s,
    ],
    [
      'a way to generate that is not supported',
      { ...OVERLAY, configMapGenerator: [{ name: 'x', literals: ['a=b'] }] },
      /literals/,
    ],
    ['a file that is not there', { ...OVERLAY, resources: ['b.yaml'] }, /b\.yaml/],
    ['one object twice', { ...OVERLAY, resources: ['a.yaml', 'a.yaml'] }, /there are two of Deployment a/],
    ['what is no object', { ...OVERLAY, resources: ['no-object.yaml'] }, /no-object\.yaml: every document needs/],
    ['what is no YAML', { ...OVERLAY, resources: ['no-yaml.yaml'] }, /no-yaml\.yaml: /],
  ])('%s', (_, kustomization, message) => {
    write('kustomization.yaml', kustomization);
    write('a.yaml', deployment());
    write('no-object.yaml', { kind: 'Deployment' });
    write('no-yaml.yaml', 'a: [b\n');
    expect(() => render(folder)).toThrow(message);
  });
});
