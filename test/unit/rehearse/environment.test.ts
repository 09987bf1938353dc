/** A container gets what its manifest says, and one that asks for what there is not is an error by name. */
import { describe, expect, it } from 'vitest';
import { ContainerConfigError, environmentOf } from '../../../scripts/rehearse/environment.ts';
import { type Container, type EnvironmentVariable, Manifests } from '../../../scripts/rehearse/objects.ts';

const IDENTITY = {
  name: 'engine-1',
  namespace: 'coinpilot',
  node: 'node-a',
  address: '127.1.0.2',
  labels: { app: 'engine' },
};

const manifests = new Manifests([
  { kind: 'Secret', metadata: { name: 'database' }, stringData: { password: 'plain' }, data: { user: 'Ym9i' } },
  { kind: 'ConfigMap', metadata: { name: 'settings' }, data: { level: 'debug' } },
] as never);

function environment(variables: readonly EnvironmentVariable[], rest: Partial<Container> = {}) {
  return environmentOf({ name: 'engine', env: variables, ...rest }, IDENTITY, manifests);
}

const secret = (name: string, key: string, optional = false) => ({ secretKeyRef: { name, key, optional } });

describe('the environment of a container', () => {
  it('takes values, fields, Secrets and ConfigMaps', () => {
    expect(
      environment([
        { name: 'PLAIN', value: 'x' },
        { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: 'USER', valueFrom: secret('database', 'user') },
        { name: 'PASSWORD', valueFrom: secret('database', 'password') },
        { name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'level' } } },
      ]),
    ).toEqual({
      PLAIN: 'x',
      POD_NAME: 'engine-1',
      POD_IP: '127.1.0.2',
      APP: 'engine',
      USER: 'bob',
      PASSWORD: 'plain',
      LEVEL: 'debug',
    });
  });

  it('puts variables that stand before into values, and leaves unknown ones and escaped ones as they are', () => {
    const { URL } = environment([
      { name: 'USER', valueFrom: secret('database', 'user') },
      { name: 'URL', value: 'postgres://$(USER)@$(HOST)/$$(USER)' },
      { name: 'HOST', value: 'too late' },
    ]);
    expect(URL).toBe('postgres://bob@$(HOST)/$(USER)');
  });

  it('takes whole Secrets and ConfigMaps, weaker than single variables', () => {
    const envFrom = [{ secretRef: { name: 'database' } }, { prefix: 'LOG_', configMapRef: { name: 'settings' } }];
    expect(environment([{ name: 'user', value: 'eve' }], { envFrom })).toEqual({
      user: 'eve',
      password: 'plain',
      LOG_level: 'debug',
    });
  });

  it.each<[string, EnvironmentVariable['valueFrom'], string]>([
    ['a missing key', secret('database', 'passwd'), 'there is no key passwd in Secret database'],
    ['a missing Secret', secret('databases', 'password'), 'there is no key password in Secret databases'],
    ['a missing ConfigMap', { configMapKeyRef: { name: 'config', key: 'level' } }, 'no key level in ConfigMap config'],
    ['an unknown field', { fieldRef: { fieldPath: 'status.podIp' } }, 'no field status.podIp'],
  ])('refuses %s', (_, valueFrom, message) => {
    const read = () => environment([{ name: 'X', ...(valueFrom === undefined ? {} : { valueFrom }) }]);
    expect(read).toThrow(ContainerConfigError);
    expect(read).toThrow(message);
  });

  it('leaves out what is optional and not there', () => {
    expect(environment([{ name: 'X', valueFrom: secret('database', 'passwd', true) }])).toEqual({});
  });
});
