/**
 * Which operating system account Postgres runs as. Postgres refuses to run as root, so that root runs it as the owner
 * of the data, else as `postgres`, else as `nobody`; no account is ever created. Anyone else runs it as themselves.
 */
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TerminalError } from '../../protocol/errors.ts';

export interface ServerAccount {
  readonly uid: number;
  readonly gid: number;
  /** True when this process is root and its children must change to the account. */
  readonly changesUser: boolean;
}

const PREFERRED_NAMES = ['postgres', 'nobody'];
/** The same on every Unix: permission bits to read a file or enter a folder. */
const ENTER = 0o1;

/** The account for `dataOwner`'s data, or for new data when there is none yet. */
export async function serverAccount(dataOwner?: { uid: number; gid: number }): Promise<ServerAccount> {
  const uid = process.getuid?.() ?? -1;
  const gid = process.getgid?.() ?? -1;
  if (uid !== 0) return { uid, gid, changesUser: false };
  if (dataOwner !== undefined) return { uid: dataOwner.uid, gid: dataOwner.gid, changesUser: true };
  const accounts = await systemAccounts();
  for (const name of PREFERRED_NAMES) {
    const found = accounts.get(name);
    if (found !== undefined) return { ...found, changesUser: true };
  }
  throw new TerminalError(
    'Postgres does not run as root, and this system has neither a user "postgres" nor "nobody": run as another user, or set DATABASE_URL',
  );
}

/** The part of spawn's options that makes a child run as the account, with no supplementary groups. */
export function spawnIdentity(account: ServerAccount): { uid?: number; gid?: number } {
  return account.changesUser ? { uid: account.uid, gid: account.gid } : {};
}

/**
 * Whether the account may enter every folder from the root down to `folder`. Judged by permission bits: an access
 * control list can make this wrong, and then initdb says so.
 */
export async function canReach(folder: string, account: ServerAccount): Promise<boolean> {
  if (!account.changesUser) return true;
  for (const ancestor of ancestorsOf(await realpath(folder))) {
    const { uid, gid, mode } = await stat(ancestor);
    const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
    if (((mode >> shift) & ENTER) === 0) return false;
  }
  return true;
}

/** The folder itself and everything above it. */
export function ancestorsOf(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestorsOf(parent)];
}

/** Read from the file rather than asked of `id`, which small container images don't have. */
async function systemAccounts(): Promise<Map<string, { uid: number; gid: number }>> {
  const accounts = new Map<string, { uid: number; gid: number }>();
  for (const line of (await readFile('/etc/passwd', 'utf8')).split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name && uid && gid) accounts.set(name, { uid: Number(uid), gid: Number(gid) });
  }
  return accounts;
}
