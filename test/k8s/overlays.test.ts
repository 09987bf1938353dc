/** A fresh clone: every overlay renders, as kubectl renders it, and nothing is wrong with it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { type KubernetesObject, titleOf } from '../../scripts/k8s/objects.ts';
import { K8S, type Rendered, render, renderOverlay, toYaml } from '../../scripts/k8s/render.ts';
import { natsServerBinary } from '../support/nats-server.ts';
import { findings } from './checks/index.ts';
import { Cluster } from './cluster.ts';
import { environmentOf } from './environment.ts';

interface Compose {
  readonly services: Readonly<Record<'postgres' | 'nats', { readonly image: string }>>;
}

const OVERLAYS = readdirSync(join(K8S, 'overlays'));
/** A second opinion where it is at hand; Debian's is too old to know components. */
const hasKubectl = /^Kustomize Version: v[5-9]/m.test(
  spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' }).stdout ?? '',
);
const copies: string[] = [];

afterAll(() => {
  for (const copy of copies) rmSync(copy, { recursive: true });
});

/** The overlay `prod` as somebody makes it who has a Postgres elsewhere: by the edit that its comment names. */
function withExternalPostgres(): Rendered {
  const copy = mkdtempSync(join(tmpdir(), 'coinpilot-k8s-'));
  copies.push(copy);
  cpSync(K8S, copy, { recursive: true });
  const file = join(copy, 'overlays/prod/kustomization.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('- ../../components/cloudnative-pg', '- ../../components/external-postgres'));
  return render(join(copy, 'overlays/prod'));
}

describe.each(OVERLAYS)('overlay %s', (name) => {
  it('passes every check', async () => {
    expect(await findings(Cluster.of(renderOverlay(name)))).toEqual({});
  });

  it.runIf(hasKubectl)('is rendered as kubectl renders it', () => {
    const folder = join(K8S, 'overlays', name);
    expect(byTitle(toYaml(renderOverlay(name).objects))).toEqual(
      byTitle(execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8' })),
    );
  });
});

it('passes every check with a Postgres outside of the cluster', async () => {
  const rendered = withExternalPostgres();
  expect(rendered.objects.map(({ kind }) => kind)).not.toContain('Cluster');
  expect(await findings(Cluster.of(rendered))).toEqual({});
});

it.runIf(natsServerBinary !== undefined)(
  'gives NATS a configuration that it takes, and that asks for the token',
  () => {
    const cluster = Cluster.of(renderOverlay('dev'));
    const container = cluster.workloads.find(({ title }) => title === 'StatefulSet nats')?.containers[0];
    const map = cluster.all('ConfigMap').find(({ metadata }) => metadata.name.startsWith('nats-'));
    const text = cluster.values('ConfigMap', map?.metadata.name ?? '')?.['nats.conf'] ?? '';
    expect(text).toMatch(/^authorization \{\s+token: \$NATS_TOKEN\s+\}/m);
    const folder = mkdtempSync(join(tmpdir(), 'coinpilot-k8s-'));
    copies.push(folder);
    writeFileSync(join(folder, 'nats.conf'), text);
    const env = container === undefined ? {} : environmentOf(cluster, container);
    const options = { encoding: 'utf8', env } as const;
    const { status, stderr } = spawnSync(natsServerBinary ?? '', ['-t', '-c', join(folder, 'nats.conf')], options);
    expect(stderr).toContain('is valid');
    expect(status).toBe(0);
  },
);

it('runs the servers that docker-compose.yaml runs, in the same versions', () => {
  const { services } = parse(readFileSync(join(K8S, '../docker-compose.yaml'), 'utf8')) as Compose;
  const used = Cluster.of(renderOverlay('dev')).workloads.flatMap(({ containers }) =>
    containers.map(({ image }) => image),
  );
  expect(used).toEqual(expect.arrayContaining([services.postgres.image, services.nats.image]));
});

it('uses every file of k8s/', () => {
  const used = [...OVERLAYS.map(renderOverlay), withExternalPostgres()].flatMap(({ files }) => files);
  const names = new Set(used.map((file) => relative(copies.find((copy) => file.startsWith(copy)) ?? K8S, file)));
  const all = readdirSync(K8S, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const unused = all
    .map((entry) => relative(K8S, join(entry.parentPath, entry.name)))
    .filter((file) => !names.has(file));
  // Shown to people, not applied.
  expect(unused.filter((file) => !/(?:^|\/)(?:secrets\.example|adapter-rule)\.yaml$|README\.md$/.test(file))).toEqual(
    [],
  );
});

function byTitle(yaml: string): Readonly<Record<string, unknown>> {
  const objects = parseAllDocuments(yaml).map((document) => document.toJS() as KubernetesObject);
  return Object.fromEntries(objects.map((object) => [titleOf(object), object]));
}
