/** What the feed says of its connection. */

/**
 * Why nothing comes: `network` (unreachable, ended or restarting), `silent` (two heartbeats missed), `unauthorized` (no or a
 * wrong token, or an Origin that may not), `refused` (the gateway says this client broke its rules), `full` (it has all the
 * clients it takes).
 */
export type LossCause = 'network' | 'silent' | 'unauthorized' | 'refused' | 'full';

export type ConnectionState =
  /** The first attempt. */
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  | {
      readonly state: 'lost';
      /** Milliseconds since the epoch: from then on nothing is current. Stays the same until it is live again. */
      readonly since: number;
      /** Of the last attempt. */
      readonly cause: LossCause;
      /** For a person: close code, reason, status. */
      readonly detail: string;
    };

export function sameConnectionState(one: ConnectionState, other: ConnectionState): boolean {
  if (one.state !== 'lost' || other.state !== 'lost') return one.state === other.state;
  return one.since === other.since && one.cause === other.cause && one.detail === other.detail;
}
