/** A way to serve fills over NATS, as this suite sees it. */

import type { Cluster } from '../../../test/support/cluster.ts';
import type { ExternalPostgres } from '../../../test/support/external-postgres.ts';
import type { Clients, Load } from '../load/clients.ts';
import type { Scenario } from '../scenarios.ts';

/** What all contenders share. */
export interface Arena {
  readonly postgres: ExternalPostgres;
  /** Its broker is everybody's; Pods it has only for the engine. */
  readonly cluster: Cluster;
  readonly clients: Clients;
}

export interface Design {
  readonly name: string;
  /** Whether it has something of its own to show in this scenario. */
  isFor?(scenario: Scenario): boolean;
  open(arena: Arena): Promise<Running>;
}

export interface Running {
  readonly load: Load;
  /** Undefined for what stores nothing. */
  readonly databaseUrl?: string;
  /** Ends its service; clients and broker are the suite's to end. */
  close(): Promise<void>;
}
