/**
 * How the server is set. Durability is never traded: an acknowledged commit is on disk (I2). Given as arguments, not in
 * postgresql.conf, so that a new version of the engine brings its settings with it.
 */
export type ServerSettings = Readonly<Record<string, string>>;

export const SAFE_SETTINGS: ServerSettings = {
  listen_addresses: '127.0.0.1',
  // A socket file needs a folder that both users reach and a path below 108 bytes; loopback needs neither.
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '100',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Containers have a small /dev/shm, which a parallel query can fill; statements here are short anyway.
  max_parallel_workers_per_gather: '0',
  // Compiling costs more than any of our statements.
  jit: 'off',
  // The log has life-cycle lines only, which keeps it small: a client sees its own errors, and a statement may hold secrets.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
};

export function asArguments(settings: ServerSettings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
