/** Looks at a ledger and at a bus: can they be reached, is the schema this program's, and what waits for a person. */
import { createLog } from '../adapters/log.ts';
import { NatsBus } from '../adapters/nats/bus.ts';
import { diagnoseLedger, type LedgerContent, type LedgerDiagnosis } from '../ledger/postgres/diagnostics.ts';
import type { Reply } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import { Subjects } from '../protocol/subjects.ts';
import { type Fields, listOf, text } from './ctl-fields.ts';
import { type Check, note, ok, problem, shownUrl } from './doctor-check.ts';
import { duration } from './table.ts';

const ASK_MS = 2_000;

/** `name`: what the address was taken from; it heads every finding. */
export async function checkLedger(name: string, url: string): Promise<readonly Check[]> {
  let found: LedgerDiagnosis;
  try {
    found = await diagnoseLedger(url);
  } catch (error) {
    return [
      problem(name, `${shownUrl(url)}: ${(error as Error).message}`, 'start that Postgres, or correct the address'),
    ];
  }
  const where = `Postgres ${found.serverVersion} at ${shownUrl(url)}`;
  const { missing, unknown } = found.schema;
  if (unknown.length > 0) {
    return [problem(name, `${where}: a newer version migrated it (${unknown.join(', ')})`, 'upgrade this program')];
  }
  if (missing.length > 0) {
    return [
      problem(
        name,
        `${where}: not migrated (missing ${missing.join(', ')})`,
        'coinpilot migrate; `up` and `pod` do it too',
      ),
    ];
  }
  const { content } = found;
  if (content === undefined) return [ok(name, where)];
  const { belongsTo } = content;
  const kind = belongsTo === null ? '' : `, ${belongsTo.venue} money, ${belongsTo.feed} market`;
  return [ok(name, `${where}, migrated${kind}`), ...contentChecks(name, content)];
}

/** What the ledger says waits for somebody. */
export function contentChecks(name: string, content: LedgerContent): readonly Check[] {
  const { account, stopped, deadLetters, unknownOrders } = content;
  const checks: Check[] = [];
  const accountName = `${name}: account`;
  if (account.haltedReason !== null) {
    checks.push(
      problem(accountName, `halted: ${account.haltedReason}`, 'look, then: coinpilot ctl account resume --reason "…"'),
    );
  } else if (account.deficit) {
    checks.push(
      problem(accountName, 'cash fell below zero by a fill of the venue', 'compare with the venue, then deposit'),
    );
  } else if (account.pausedReason !== null) {
    checks.push(note(accountName, `paused: ${account.pausedReason}`, 'coinpilot ctl account resume --reason "…"'));
  } else checks.push(ok(accountName, 'entries are open'));
  for (const { symbol, haltedReason, pausedReason } of stopped) {
    const todo = `coinpilot ctl symbol ${symbol} resume --reason "…"`;
    if (haltedReason !== null)
      checks.push(problem(`${name}: ${symbol}`, `halted: ${haltedReason}`, `look, then: ${todo}`));
    else checks.push(note(`${name}: ${symbol}`, `paused: ${pausedReason ?? ''}`, todo));
  }
  const ordersName = `${name}: unknown orders`;
  if (unknownOrders.length === 0) checks.push(ok(ordersName, 'none'));
  for (const { symbol, id } of unknownOrders) {
    const todo = `look at the venue; if it stays so: coinpilot ctl symbol ${symbol} resolve --order-id ${id} --outcome … --reason "…"`;
    checks.push(problem(ordersName, `${symbol} ${id}: the venue has not told its fate`, todo));
  }
  const lettersName = `${name}: dead letters`;
  if (deadLetters === 0) checks.push(ok(lettersName, 'none'));
  else
    checks.push(
      problem(
        lettersName,
        `${deadLetters} messages crashed their actor and were set aside`,
        'read the table dead_letters; please report the bug',
      ),
    );
  return checks;
}

export interface BusAddress {
  readonly url: string;
  readonly token?: string;
  readonly prefix: string;
  /** An engine is said to run there: that nobody answers is a problem. */
  readonly expectsEngine: boolean;
}

export async function checkBus(name: string, address: BusAddress): Promise<readonly Check[]> {
  const { url, token, prefix, expectsEngine } = address;
  let bus: NatsBus;
  try {
    const log = createLog({ level: 'silent' });
    bus = await NatsBus.connect({ url, name: 'coinpilot-doctor', log, ...(token === undefined ? {} : { token }) });
  } catch (error) {
    return [
      problem(
        name,
        `${shownUrl(url)}: ${(error as Error).message}`,
        'start that NATS server, or correct address and token',
      ),
    ];
  }
  try {
    const subjects = new Subjects(prefix);
    const ask = async (subject: string): Promise<Reply | undefined> => {
      try {
        return JSON.parse(new TextDecoder().decode(await bus.request(subject, '{}', ASK_MS))) as Reply;
      } catch {
        // No answer is the finding; the callers below say so.
        return undefined;
      }
    };
    const reply = await ask(subjects.cluster('get'));
    const reached = `reached at ${shownUrl(url)}`;
    if (reply === undefined) {
      const detail = `${reached}, but no Pod answers on ${subjects.cluster('get')}`;
      if (!expectsEngine) return [note(name, detail, 'start one with `coinpilot pod`')];
      return [problem(name, detail, 'it may be starting, or use another --prefix; look at its log')];
    }
    if (!reply.ok)
      return [
        problem(name, `${reached}, but the cluster says ${reply.error.message}`, 'look at the log of the engine'),
      ];
    const account = await ask(subjects.account('get'));
    return [
      ok(name, reached),
      ...listOf(reply.pods).map((pod) => podCheck(name, pod)),
      symbolsCheck(name, listOf(reply.symbols)),
      ...(account?.ok
        ? []
        : [
            problem(
              `${name}: account`,
              account?.error.message ?? 'nobody answers for it',
              'without it no entry is decided: look at the log',
            ),
          ]),
    ];
  } finally {
    await bus.close();
  }
}

export function podCheck(name: string, pod: Fields): Check {
  const podName = `${name}: Pod ${text(pod.pod)}`;
  const age = typeof pod.heartbeatAgeMs === 'number' ? pod.heartbeatAgeMs : 0;
  const detail = `${text(pod.symbols)} symbols, heartbeat ${duration(age)} ago`;
  if (pod.live === false || age > LIMITS.leaseTtlMs) {
    return problem(
      podName,
      `${detail}: its lease is over`,
      'its symbols go to another Pod; start it again, or look at its log',
    );
  }
  return pod.draining === true ? note(podName, `${detail}, draining`) : ok(podName, detail);
}

export function symbolsCheck(name: string, symbols: readonly Fields[]): Check {
  const orphans = symbols.filter((row) => row.owner === null || row.owner === undefined).map((row) => text(row.symbol));
  const modes = new Map<string, number>();
  for (const row of symbols) modes.set(text(row.mode) ?? '?', (modes.get(text(row.mode) ?? '?') ?? 0) + 1);
  const summary = [...modes].map(([mode, count]) => `${count} ${mode}`).join(', ');
  if (orphans.length > 0) {
    return problem(
      `${name}: symbols`,
      `nobody serves ${orphans.join(', ')}`,
      'a Pod takes them within seconds; else look at its log',
    );
  }
  return ok(`${name}: symbols`, symbols.length === 0 ? 'none yet' : summary);
}
