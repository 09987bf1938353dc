/** Every wait and size of the launcher, and what happens when it is reached (I10). */
export const LAUNCH_LIMITS = {
  /** Crash recovery replays up to a gigabyte of log; a server that still isn't ready is left alone and reported. */
  startTimeoutMs: 120_000,
  /** initdb and `--version`; killed and reported as failed. */
  commandTimeoutMs: 60_000,
  /** What is kept of a command's output: its last characters. */
  outputCharactersMax: 4_000,
  /** One question to the server; no answer means not running. */
  probeTimeoutMs: 2_000,
  /** A fast shutdown writes a checkpoint; after this it becomes an immediate shutdown, which the next start recovers. */
  stopTimeoutMs: 30_000,
  /** An immediate shutdown or a kill that has not ended a process by then is reported. */
  killTimeoutMs: 10_000,
  /** A backend without a postmaster that has not quit by then is killed. */
  orphanQuitMs: 2_000,
  pollIntervalMs: 20,
  /** The server's log is turned over at a start when it is larger; one older log is kept. */
  logBytesMax: 1_048_576,
  /** Ports tried at random before the operating system is asked for one. */
  portAttemptsMax: 50,
} as const;
