/** What can be asked of whom: the address of a request, and how its kind is to be treated. */
import type {
  AccountCommand,
  ClusterCommand,
  PodCommand,
  Subjects,
  SymbolCommand,
} from '../../../protocol/subjects.ts';

export type Address =
  | { readonly target: 'symbol'; readonly name: string; readonly command: SymbolCommand }
  | { readonly target: 'account'; readonly command: AccountCommand }
  | { readonly target: 'cluster'; readonly command: ClusterCommand }
  | { readonly target: 'pod'; readonly name: string; readonly command: PodCommand };

const QUESTIONS: ReadonlySet<Address['command']> = new Set(['get', 'explain', 'limits', 'symbols', 'ping'] as const);

/** A name is one token of a subject: what would split, widen or break the subject is no name. */
const NAME = /^[^\s.*>]{1,100}$/;

/** Throws TypeError for a name that can't be one. */
export function subjectOf(subjects: Subjects, address: Address): string {
  if ('name' in address && !NAME.test(address.name)) {
    throw new TypeError(`"${address.name}" is not the name of a ${address.target}: no blanks, dots, * or >`);
  }
  switch (address.target) {
    case 'symbol':
      return subjects.symbol(address.name, address.command);
    case 'account':
      return subjects.account(address.command);
    case 'cluster':
      return subjects.cluster(address.command);
    case 'pod':
      return subjects.pod(address.name, address.command);
  }
}

/** False for a question: it carries no id, and its outcome is never unknown. */
export function isChange(address: Address, body: Readonly<Record<string, unknown>>): boolean {
  return !QUESTIONS.has(address.command) || (address.command === 'limits' && body.limits !== undefined);
}

/** Whether the request says until when it may be carried out. Those to the cluster are repeatable and take none. */
export function takesDeadline(address: Address, body: Readonly<Record<string, unknown>>): boolean {
  return isChange(address, body) && address.target !== 'cluster';
}
