/** A process of clients, the same for all contenders: groups of connections that read, and count what they read. */
import type { Address } from './connection.ts';
import { Group, type Tally } from './group.ts';

/** `group` is a name the sender gives it. */
export type ToClients =
  | { readonly type: 'connect'; readonly group: string; readonly count: number; readonly at: Address & ReportAddress }
  | { readonly type: 'begin'; readonly group: string; readonly batch: number }
  | { readonly type: 'tally' | 'stop-reading' | 'read-again' | 'disconnect'; readonly group: string }
  | { readonly type: 'close' };

export interface ReportAddress {
  /** Where to say that everybody has read a batch; undefined where nobody waits for it. */
  readonly reportPort: number | undefined;
}

/** One for each message, in order. */
export type FromClients =
  | { readonly type: 'done' }
  | { readonly type: 'tally'; readonly tally: Tally }
  | { readonly type: 'failed'; readonly message: string };

const groups = new Map<string, Group>();

process.on('disconnect', () => process.exit(1));
process.on('message', (message: ToClients) => {
  obey(message).catch((error: unknown) => tell({ type: 'failed', message: String(error) }));
});

async function obey(message: ToClients): Promise<void> {
  if (message.type === 'close') process.exit(0);
  if (message.type === 'connect') {
    const { count, at } = message;
    const group = groups.get(message.group) ?? new Group(at);
    if (!groups.has(message.group)) {
      groups.set(message.group, group);
      if (at.reportPort !== undefined) await group.reportTo(at.reportPort);
    }
    await group.connect(count);
    tell({ type: 'done' });
    return;
  }
  const group = groups.get(message.group);
  if (group === undefined) throw new Error(`there is no group ${message.group}`);
  if (message.type === 'tally') {
    tell({ type: 'tally', tally: group.tally() });
    return;
  }
  if (message.type === 'begin') group.begin(message.batch);
  else if (message.type === 'stop-reading') group.stopReading();
  else if (message.type === 'read-again') group.readAgain();
  else {
    group.close();
    groups.delete(message.group);
  }
  tell({ type: 'done' });
}

function tell(message: FromClients): void {
  process.send?.(message);
}
