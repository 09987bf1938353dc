/** When a Postgres server counts as gone: never because this process could not look. */
import { describe, expect, it } from 'vitest';
import { chooseFreePort, type Probe, probePostgres } from '../../adapters/embedded-postgres/loopback-port.ts';
import type { Identity } from '../../adapters/embedded-postgres/processes.ts';
import { pulseOf, SILENT_PROBES_MAX } from '../../adapters/embedded-postgres/pulse.ts';

async function looks(identity: Identity | Error, probes: readonly Probe[]): Promise<boolean[]> {
  const left = [...probes];
  const isRunning = pulseOf({
    identify: async () => {
      if (identity instanceof Error) throw identity;
      return identity;
    },
    probe: async () => left.shift() ?? 'answers',
  });
  const seen: boolean[] = [];
  for (const _ of probes) seen.push(await isRunning());
  return seen;
}

describe('the pulse of a Postgres server', () => {
  it('goes on while no socket can be opened to ask', async () => {
    expect(await looks('ours', Array(10).fill('unasked'))).toEqual(Array(10).fill(true));
  });

  it('goes on while the system can not tell whether the process lives', async () => {
    expect(await looks(new Error('EMFILE'), Array(10).fill('silent'))).toEqual(Array(10).fill(true));
  });

  it.each(['gone', 'stranger'] as const)('ends at once with the process (%s)', async (identity) => {
    expect(await looks(identity, ['answers'])).toEqual([false]);
  });

  it('ends after several questions in a row without an answer, and an answer starts the count anew', async () => {
    expect(SILENT_PROBES_MAX).toBe(3);
    const probes = ['silent', 'silent', 'answers', 'silent', 'unasked', 'silent', 'silent'] as const;
    expect(await looks('ours', probes)).toEqual([true, true, true, true, true, true, false]);
  });

  it('takes a refused connection for silence', async () => {
    expect(await probePostgres(await chooseFreePort())).toBe('silent');
  });
});
