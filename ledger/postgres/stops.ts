/** Who stopped a symbol or the account: each pause and halt in force, with the newest journal row that said so. */
import { type SQLQuery, sql } from '@databases/pg';
import { isoTime } from '../../domain/time.ts';
import type { Stop } from '../../protocol/feed.ts';

export type StopRow = Omit<Stop, 'at'> & { readonly at: number | null };

/**
 * The column `stops` of a row `p` that has both reasons; `stream` is SQL. The reasons say what is in force: the ledger itself
 * halts an account in deficit, without a row. A supervisor's row holds only the reason of its halt.
 */
export function stopsColumn(stream: `p.${string}` | `'${string}'`): SQLQuery {
  return sql.__dangerous__rawValue(`(
    select coalesce(json_agg(json_build_object(
        'command', s.command, 'reason', s.reason, 'by', said.by, 'at', said.at) order by s.command), '[]')
    from (values ('halt', p.halted_reason), ('pause', p.paused_reason)) as s (command, reason)
      left join lateral (
        select body::json ->> 'by' as by, (extract(epoch from at) * 1000)::float8 as at
        from journal
        where symbol = ${stream} and kind in ('mode', 'risk')
          and coalesce(body::json ->> 'command', 'halt') = s.command
          and coalesce(body::json ->> 'reason', body::json ->> 'haltedReason') = s.reason
        order by seq desc limit 1
      ) as said on true
    where s.reason is not null) as stops`);
}

export function stopJson(row: StopRow): Stop {
  return { ...row, at: row.at === null ? null : isoTime(row.at) };
}
