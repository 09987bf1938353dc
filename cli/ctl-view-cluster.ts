/** What a person reads of the cluster and of one Pod. */
import type { OkReply } from '../protocol/errors.ts';
import { fieldsOf, lines, listOf, text } from './ctl-fields.ts';
import { duration, labelled, table } from './table.ts';

export function showCluster(reply: OkReply): string {
  const pods = listOf(reply.pods).map((pod) => [
    text(pod.pod) ?? '',
    pod.live === false ? 'gone' : (text(pod.state) ?? 'live'),
    text(pod.symbols) ?? '',
    typeof pod.heartbeatAgeMs === 'number' ? duration(pod.heartbeatAgeMs) : '',
    text(pod.incarnation) ?? '',
  ]);
  const symbols = listOf(reply.symbols).map((row) => [
    text(row.symbol) ?? '',
    text(row.mode) ?? '',
    text(row.owner) ?? '–',
    text(row.epoch) ?? '',
  ]);
  const singletons = listOf(reply.singletons).map((row) => [
    text(row.name) ?? '',
    text(row.owner) ?? '–',
    text(row.epoch) ?? '',
  ]);
  return lines(
    table(['pod', 'state', 'symbols', 'heartbeat', 'incarnation'], pods, ['symbols', 'heartbeat']),
    '',
    ...(singletons.length === 0 ? [] : [table(['role', 'owner', 'epoch'], singletons, ['epoch']), '']),
    table(['symbol', 'mode', 'owner', 'epoch'], symbols, ['epoch']),
  );
}

export function showDrain(reply: OkReply): string {
  return `${text(reply.pod) ?? 'the Pod'} drains: it finishes what it has accepted, gives its symbols back and ends`;
}

export function showPod(reply: OkReply): string {
  const refusals = Object.entries(fieldsOf(reply.refusals)).map(([code, count]) => `${code} ${String(count)}`);
  const symbols = listOf(reply.symbols).map((row) => [
    text(row.symbol) ?? '',
    text(row.mode) ?? '',
    text(row.epoch) ?? '',
    text(row.waiting) ?? '',
    text(row.crashes) ?? '',
  ]);
  return lines(
    labelled([
      ['pod', text(reply.pod)],
      ['incarnation', text(reply.incarnation)],
      ['commands', text(reply.commands)],
      ['refusals', refusals.length === 0 ? 'none' : refusals.join(', ')],
      ['illegal events', text(reply.illegalEvents)],
      ['candles', text(reply.candles)],
      ['trades', text(reply.trades)],
    ]),
    '',
    table(['symbol', 'mode', 'epoch', 'waiting', 'crashes'], symbols, ['epoch', 'waiting', 'crashes']),
  );
}

export function showPing(): string {
  return 'the Pod answers';
}
