/**
 * Every bound of the engine (I10), and what happens when it is reached. A queue, batch, retry, cache or wait without a
 * line here does not exist.
 */
import { VOLATILITY_CLOSES_MAX } from '../domain/volatility.ts';

export const LIMITS = {
  /** A request larger than this is answered INVALID. */
  payloadBytesMax: 262_144,
  /** Largest message the embedded broker takes in; above it the broker answers a protocol error, as nats-server does. */
  brokerPayloadBytesMax: 4_194_304,
  /** Fills in one request; more are INVALID. */
  fillsPerRequestMax: 256,
  /** Messages waiting for one symbol; the next is answered BUSY. */
  mailboxMessagesMax: 256,
  /** Journal rows of one symbol that are decided and not committed; then messages wait in the mailbox. */
  uncommittedPerSymbolMax: 4_096,
  /** The same over a Pod; then messages wait in the mailboxes. */
  uncommittedPerPodMax: 16_384,
  /** Commands of one symbol whose id is being looked up in the ledger; then messages wait in the mailbox. */
  recallsPerSymbolMax: 32,
  /** Commands of one symbol that were committed while others were looked up, kept to recognise their repetitions. */
  recentCommandsMax: 1_024,
  /** Journal rows in one commit; the rest goes into the next. */
  commitRowsMax: 1_024,
  /** Commits of a symbol in a row after which nothing could be completed; then its actor starts anew. */
  voidCommitsMax: 100,
  /** Commits sent and not yet answered on the writer connection. */
  commitPipelineDepth: 2,
  /** A commit not answered in this time closes the writer connection; its actors are rebuilt by a new claim. */
  commitTimeoutMs: 10_000,
  /** Command ids are remembered this long; an older UUIDv7 is EXPIRED. */
  commandIdAgeMsMax: 90 * 86_400_000,
  /** A UUIDv7 further in the future than this is INVALID: its age could not be judged later. */
  commandIdAheadMsMax: 24 * 3_600_000,
  /** Characters of a reason given by a person; longer is INVALID. */
  reasonLengthMax: 500,
  /** Characters of the name of whoever gives a command; longer is INVALID. */
  nameLengthMax: 80,
  /** A Pod's lease by the database's clock, renewed every heartbeat. */
  leaseTtlMs: 5_000,
  heartbeatIntervalMs: 1_000,
  /** A Pod that can serve nothing for this long gives up its lease, so that others can. */
  idleLeaseMs: 10_000,
  /** A Pod stops accepting and committing this long before its lease can end. */
  leaseSafetyMs: 1_000,
  /** How often a Pod pings its neighbours, and how many of them it watches. */
  peerPingIntervalMs: 200,
  peersWatchedMax: 3,
  /** So many pings in a row that reached nobody, so far apart, and a peer is suspected to be dead. */
  peerMissesMax: 3,
  peerMissIntervalMs: 100,
  /** After a reconnect a Pod judges nobody: the others may not be back yet. */
  suspectAfterConnectedMs: 5_000,
  /** Without a third Pod to ask, a suspect's heartbeat must be at least so old. */
  suspectHeartbeatAgeMs: 1_200,
  /** Symbols claimed in one statement; then the Pod looks again at who should have the rest. */
  claimWaveMax: 256,
  /** Symbols handed over at a time: those of a wave are without an owner for some milliseconds. */
  handOverWaveMax: 32,
  /** A draining Pod with many symbols makes its waves larger, so that there are no more than this. */
  drainWavesMax: 16,
  /** A wave that its new owner has not claimed by then does not hold up the next. */
  handOverWaitMs: 1_000,
  /** How long the members must have stayed the same before symbols that are served well are moved. */
  rebalanceDelayMs: 1_000,
  /** How long a hand-over waits for what a symbol has under way. */
  settleTimeoutMs: 2_500,
  /** How long a symbol waits for the account's decision while its owner changes. */
  reserveTimeoutMs: 5_000,
  /** The row of a Pod whose lease ended this long ago is removed. */
  podRowKeptMs: 3_600_000,
  /** A message that crashes its actor this often is quarantined in dead_letters. */
  poisonAttemptsMax: 3,
  /** More crashes than this within the window halt the symbol (or end the process, for a part of the Pod). */
  restartsMax: 5,
  restartWindowMs: 60_000,
  /** A Pod that loses its authority more often than this within the window ends: two processes share its name. */
  fencesMax: 20,
  /** Longest pause between attempts to reach a server that is away. */
  outsideBackoffMaxMs: 1_000,
  restartBackoffFirstMs: 50,
  restartBackoffMaxMs: 5_000,
  /** An intent that is older than this is not sent to the venue any more. */
  sendWithinMs: 2_000,
  /** Candles waiting to be stored; a full buffer is written before the next candle is taken. */
  candleBufferMax: 1_000,
  candleFlushIntervalMs: 1_000,
  /** Closed 1-minute candles read back to warm a symbol up; Wilder averages have forgotten their start by then. */
  warmUpMinutes: 1_440,
  /** Closed hours read back for the regime and the forecast of the volatility. */
  warmUpHours: VOLATILITY_CLOSES_MAX,
  /** Market events waiting for one symbol on the bus; then the oldest tick is dropped and counted, candles never. */
  marketQueueMax: 1_000,
  /** Symbols named in one cluster command. */
  symbolsPerRequestMax: 10_000,
  /** Calls of one client that wait for an answer; the next is BUSY and not sent. */
  clientCallsMax: 65_536,
  /** How long a Pod may take to hand its symbols over before it gives them all up at once. */
  drainTimeoutMs: 20_000,
  /** Feed: bytes of a message from a client, and of the body of a POST; larger ones are refused. */
  feedMessageBytesMax: 16_384,
  httpBodyBytesMax: 16_384,
  /** Feed: channels in one message and of one client; more are refused. */
  feedChannelsPerMessageMax: 64,
  feedChannelsPerClientMax: 512,
  /** Feed: messages of one client a second, and how many at once; then its connection is closed. */
  feedMessagesPerSecondMax: 20,
  feedMessagesBurstMax: 40,
  /** Feed: bytes that wait to be read by one client; then they are dropped, and a snapshot follows when it reads again. */
  feedBufferedBytesMax: 262_144,
  /** Feed: connections of a gateway; more are closed at once. */
  feedClientsMax: 10_000,
  /** Feed: journal rows replayed for a `since`; a client further back gets a snapshot. */
  feedReplayRowsMax: 1_000,
  /** Feed: events of a stream kept in memory for those who resume; older ones are read from the journal. */
  feedRecentEventsMax: 256,
  /** Feed: decisions in a snapshot. */
  feedRecentDecisionsMax: 50,
  /** Feed: how often the heads of the streams are compared with the ledger's, so that a lost event is noticed. */
  feedHeadsIntervalMs: 500,
  feedTickIntervalMs: 100,
  /** Feed: how often what is not in the journal is asked for while somebody watches it. */
  feedStateIntervalMs: 500,
  feedHeartbeatIntervalMs: 10_000,
  feedIdleSecondsMax: 60,
  /** HTTP: rows of a page. */
  tradesPageMax: 500,
  candlesPageMax: 2_000,
  fillsPageMax: 500,
  equityPointsMax: 1_000,
  /** How long a graceful stop may take before it is forced. */
  stopTimeoutMs: 30_000,
} as const;
