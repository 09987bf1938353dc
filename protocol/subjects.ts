/** NATS subjects of the wire contract. The prefix is configurable so that several engines can share a bus. */

export const SYMBOL_COMMANDS = [
  'fill',
  'order',
  'cancel',
  'flatten',
  'pause',
  'resume',
  'halt',
  'resolve',
  'get',
  'explain',
] as const;
export type SymbolCommand = (typeof SYMBOL_COMMANDS)[number];

export const ACCOUNT_COMMANDS = ['get', 'deposit', 'withdraw', 'pause', 'resume', 'halt', 'flatten', 'limits'] as const;
export type AccountCommand = (typeof ACCOUNT_COMMANDS)[number];

export const CLUSTER_COMMANDS = ['get', 'symbols', 'drain', 'add', 'remove'] as const;
export type ClusterCommand = (typeof CLUSTER_COMMANDS)[number];

export const POD_COMMANDS = ['ping', 'get'] as const;
export type PodCommand = (typeof POD_COMMANDS)[number];

/** What Pods ask each other; not part of the contract with clients. */
export const PEER_COMMANDS = ['probe', 'drain'] as const;
export type PeerCommand = (typeof PEER_COMMANDS)[number];

/** Kinds of journal rows and of the events published after their commit. */
export const EVENT_KINDS = ['fill', 'order', 'mode', 'signal', 'decision', 'risk', 'cash', 'ownership'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export class Subjects {
  readonly prefix: string;

  constructor(prefix = 'cp') {
    this.prefix = prefix;
  }

  symbol(symbol: string, command: SymbolCommand | '*'): string {
    return `${this.prefix}.symbol.${symbol}.${command}`;
  }

  account(command: AccountCommand | '*'): string {
    return `${this.prefix}.account.${command}`;
  }

  cluster(command: ClusterCommand | '*'): string {
    return `${this.prefix}.cluster.${command}`;
  }

  /** A symbol asks the Pod that owns the account for permission to enter. */
  get reserve(): string {
    return `${this.prefix}.account.reserve`;
  }

  pod(pod: string, command: PodCommand | PeerCommand | '*'): string {
    return `${this.prefix}.pod.${pod}.${command}`;
  }

  market(symbol: string, kind: 'trade' | 'candle' | '*'): string {
    return `${this.prefix}.market.${symbol}.${kind}`;
  }

  event(stream: string, kind: EventKind): string {
    return `${this.prefix}.event.${stream}.${kind}`;
  }
}

/** The last token of a subject: the command of a request. */
export function lastToken(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}
