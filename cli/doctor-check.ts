/** One finding of the doctor: what was looked at, what it is like, and what a person can do about it. */

export interface Check {
  readonly name: string;
  /** A note is worth knowing and wants nothing; only a problem makes the exit code 1. */
  readonly status: 'ok' | 'problem' | 'note';
  readonly detail: string;
  readonly todo: string | null;
}

export const ok = (name: string, detail: string): Check => ({ name, status: 'ok', detail, todo: null });

export const problem = (name: string, detail: string, todo: string): Check => ({
  name,
  status: 'problem',
  detail,
  todo,
});

export const note = (name: string, detail: string, todo: string | null = null): Check => ({
  name,
  status: 'note',
  detail,
  todo,
});

/** Runs one group of checks; one that fails itself is a finding, not the end of the others. */
export async function guarded(name: string, work: () => Promise<readonly Check[]>): Promise<readonly Check[]> {
  try {
    return await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [problem(name, `could not be looked at: ${message}`, 'see the message; it may be a bug of the doctor')];
  }
}

/** An address that may be shown: without a password, and without the user of a NATS address, which is a token. */
export function shownUrl(address: string): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    // Not even its parts can be told apart, so nothing of it is shown.
    return '(not an address such as nats://host:4222)';
  }
  if (url.password !== '') url.password = '***';
  if (url.username !== '' && !url.protocol.startsWith('postgres')) url.username = '***';
  for (const name of [...url.searchParams.keys()])
    if (/pass|token|secret/i.test(name)) url.searchParams.set(name, '***');
  return url.href;
}
