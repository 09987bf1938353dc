/** The rehearsal of the manifests: what they say holds up a rolling update, and what they must not say is found by name. */
import { describe, expect, it } from 'vitest';
import { renderOverlay } from '../../scripts/k8s/render.ts';
import type { Deployment, KeyedData, KubernetesObject } from '../../scripts/rehearse/objects.ts';
import { parseOptions } from '../../scripts/rehearse/options.ts';
import { type Outcome, rehearse } from '../../scripts/rehearse/rehearsal.ts';

const FACTOR = 30;

type Change = (object: KubernetesObject) => KubernetesObject;

/** One rolling update of the engine, with `change` made to the overlay's objects. */
function rehearseUpdate(change: Change): Promise<Outcome> {
  const objects = renderOverlay('dev').objects as unknown as readonly KubernetesObject[];
  const { phases } = parseOptions(['--phase', 'engine']);
  const { signal } = new AbortController();
  return rehearse({ objects: objects.map(change), phases, factor: FACTOR, logs: undefined, say: console.warn, signal });
}

/** SIGKILL follows SIGTERM at once: no Pod can hand anything over. */
const withoutGrace: Change = (object) => {
  if (object.kind !== 'Deployment' || object.metadata.name !== 'engine') return object;
  const { spec } = object as Deployment;
  const pod = { ...spec.template.spec, terminationGracePeriodSeconds: 0 };
  return { ...object, spec: { ...spec, template: { ...spec.template, spec: pod } } } as Deployment;
};

const withoutToken: Change = (object) => {
  if (object.kind !== 'Secret' || object.metadata.name !== 'coinpilot') return object;
  const { 'control-token': _, ...rest } = (object as KeyedData).stringData ?? {};
  return { ...object, stringData: rest } as KeyedData;
};

const faultsOf = ({ rows, faults }: Outcome): string[] => [...rows.flatMap((row) => row.faults), ...faults];

// Linux has all of 127/8 without being asked.
describe.runIf(process.platform === 'linux')('the rehearsal of a rolling update', () => {
  it('fails no command and finds nothing', async () => {
    const outcome = await rehearseUpdate((object) => object);
    expect(faultsOf(outcome)).toEqual([]);
    const update = outcome.rows.at(-1);
    expect(update).toMatchObject({ phase: 'engine', failed: 0, pods: { killed: 0 } });
    expect(update?.pods.started, 'every Pod was replaced').toBeGreaterThanOrEqual(2);
    expect(update?.pods.ended).toBeGreaterThanOrEqual(2);
    expect(update?.commands, 'clients were at work').toBeGreaterThan(100);
  });

  it('names Pods that were killed because their grace was over', async () => {
    const faults = faultsOf(await rehearseUpdate(withoutGrace));
    expect(faults).toContainEqual(expect.stringMatching(/^Pod engine-\S+ killed: its grace was over/));
  });

  it('names a key that a Secret does not have', async () => {
    const faults = faultsOf(await rehearseUpdate(withoutToken));
    const missing = /CreateContainerConfigError: gateway-\S+: there is no key control-token in Secret coinpilot/;
    expect(faults).toContainEqual(expect.stringMatching(missing));
  });
});
