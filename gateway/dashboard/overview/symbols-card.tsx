/** What is it thinking: regime and state of each symbol, and with its numbers why there is no entry now. */

import { fromNumber } from '../../../domain/money.ts';
import { formatPrice } from '../format/money.ts';
import { t, word } from '../i18n/index.ts';
import { openCommand } from '../market/command-dialog.tsx';
import { lampOf } from '../market/entry-lamps.ts';
import { RegimeMark } from '../market/regime-mark.tsx';
import { marketHref } from '../shell/router.ts';
import type { CommandName, Store } from '../store/types.ts';
import { Age } from '../ui/age.tsx';
import { Badge, modeTone } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { Cell } from '../ui/cell.tsx';
import { PriceAge } from '../ui/price-age.tsx';
import { CELL, COLUMN_HEADER, ROW, ROW_GROUP, ROW_HEADER, TABLE } from '../ui/table-roles.ts';
import { type Thought, thoughtOf } from './thought.ts';

export function SymbolsCard({ store }: { readonly store: Store }) {
  const symbols = store.symbols.value;
  return (
    <Card id="symbols" title={t('symbols.title')} class="symbols">
      {symbols.length === 0 ? (
        <p class="quiet">{t('symbols.empty')}</p>
      ) : (
        <table class="stacking symbols-table" {...TABLE}>
          <thead {...ROW_GROUP}>
            <tr {...ROW}>
              <th {...COLUMN_HEADER} scope="col">
                {t('symbols.symbol')}
              </th>
              <th {...COLUMN_HEADER} scope="col" class="align-right">
                {t('symbols.price')}
              </th>
              <th {...COLUMN_HEADER} scope="col">
                {t('symbols.regime')}
              </th>
              <th {...COLUMN_HEADER} scope="col">
                {t('symbols.mode')}
              </th>
              <th {...COLUMN_HEADER} scope="col">
                {t('symbols.reason')}
              </th>
              <th {...COLUMN_HEADER} scope="col">
                {t('symbols.checks')}
              </th>
              <th {...COLUMN_HEADER} scope="col">
                <span class="visually-hidden">{t('symbols.command')}</span>
              </th>
            </tr>
          </thead>
          <tbody {...ROW_GROUP}>
            {symbols.map((symbol) => (
              <SymbolRow key={symbol} store={store} symbol={symbol} />
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

interface RowProps {
  readonly store: Store;
  readonly symbol: string;
}

function SymbolRow({ store, symbol }: RowProps) {
  const aged = store.symbol(symbol).value;
  const view = aged?.value;
  const thought = thoughtOf(view);
  const regime = view?.explain?.regime ?? view?.position.regime ?? 'UNKNOWN';
  return (
    <tr {...ROW}>
      <th scope="row" {...ROW_HEADER}>
        <a href={marketHref(symbol)}>{symbol}</a>
      </th>
      <PriceCell store={store} symbol={symbol} />
      <Cell label={t('symbols.regime')} words class="regime">
        <RegimeMark regime={regime} /> {word('regime', regime)}
      </Cell>
      <Cell label={t('symbols.mode')} words class="mode">
        {view !== undefined && <Badge tone={modeTone(view.mode)}>{word('mode', view.mode)}</Badge>}
      </Cell>
      <Cell label={t('symbols.reason')} words class="reason">
        <Reason thought={thought} />
        <Age store={store} heardAt={aged?.heardAt} isState />
      </Cell>
      <Cell label={t('symbols.checks')} words class="checks-cell">
        {thought !== undefined && thought.decision !== 'HOLD' && thought.all > 0 && <ChecksBar thought={thought} />}
      </Cell>
      <td {...CELL} class="commands">
        <div class="buttons row-buttons">
          <CommandButton store={store} symbol={symbol} command={isStopped(view?.mode) ? 'resume' : 'pause'} />
          <CommandButton store={store} symbol={symbol} command="halt" />
        </div>
      </td>
    </tr>
  );
}

/** A component of its own, so that a tick paints one cell and not a row. */
function PriceCell({ store, symbol }: RowProps) {
  const price = store.price(symbol).value;
  return (
    <Cell label={t('symbols.price')} class="price">
      {formatPrice(price?.value)}
      <PriceAge store={store} price={price} />
    </Cell>
  );
}

function Reason({ thought }: { readonly thought: Thought | undefined }) {
  if (thought === undefined) return <span class="quiet">{t('symbols.noReason')}</span>;
  const lamp = thought.failing && lampOf(thought.failing, (price) => formatPrice(fromNumber(price)));
  return (
    <>
      <span>{word('reason', thought.reason)}</span>
      {lamp?.state === 'fail' && (
        <span class="quiet number reason-numbers">
          {t('symbols.valueLimit', { value: lamp.value, limit: lamp.limit })}
        </span>
      )}
    </>
  );
}

/** One mark a check: filled when it passes. The words beside it say the same. */
function ChecksBar({ thought: { passed, all } }: { readonly thought: Thought }) {
  return (
    <span class="checks">
      <span class="checks-marks" aria-hidden="true">
        {Array.from({ length: all }, (_, index) => (
          <i key={index} class={index < passed ? 'on' : ''} />
        ))}
      </span>
      <span class="number">{t('symbols.checksPassed', { passed, all })}</span>
    </span>
  );
}

function CommandButton({ store, symbol, command }: RowProps & { readonly command: CommandName }) {
  const name = word('command', command);
  return (
    <button
      type="button"
      class="button button-quiet"
      aria-label={t('command.on', { command: name, symbol })}
      onClick={() => openCommand(store, { target: 'symbol', symbol, command })}
    >
      {name}
    </button>
  );
}

function isStopped(mode: string | undefined): boolean {
  return mode === 'paused' || mode === 'halted';
}
