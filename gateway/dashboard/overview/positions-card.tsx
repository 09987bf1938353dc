/** What do I hold: each position with what it is worth and where it ends; without one, what the engine waits for. */
import { formatKrw, formatPrice, formatQuantity } from '../format/money.ts';
import { t, word } from '../i18n/index.ts';
import { openCommand } from '../market/command-dialog.tsx';
import { isHeld, positionNumbers } from '../market/position-numbers.ts';
import { marketHref } from '../shell/router.ts';
import type { Store, SymbolView } from '../store/types.ts';
import { Profit, ProfitPercent } from '../ui/amount.tsx';
import { Card } from '../ui/card.tsx';
import { Cell } from '../ui/cell.tsx';
import { PriceAge } from '../ui/price-age.tsx';
import { CELL, COLUMN_HEADER, ROW, ROW_GROUP, ROW_HEADER, TABLE } from '../ui/table-roles.ts';
import { closestToEntry, thoughtOf } from './thought.ts';

export function PositionsCard({ store }: { readonly store: Store }) {
  const held = store.symbols.value.flatMap((symbol) => {
    const view = store.symbol(symbol).value?.value;
    return view !== undefined && isHeld(view.position) ? [{ symbol, view }] : [];
  });
  return (
    <Card id="positions" title={t('positions.title')} class="positions">
      {held.length === 0 ? <NothingHeld store={store} /> : <PositionsTable store={store} held={held} />}
    </Card>
  );
}

interface Held {
  readonly symbol: string;
  readonly view: SymbolView;
}

function PositionsTable({ store, held }: { readonly store: Store; readonly held: readonly Held[] }) {
  return (
    <table class="stacking positions-table" {...TABLE}>
      <thead {...ROW_GROUP}>
        <tr {...ROW}>
          <th {...COLUMN_HEADER} scope="col">
            {t('positions.symbol')}
          </th>
          <th {...COLUMN_HEADER} scope="col" class="align-right">
            {t('positions.quantity')}
          </th>
          <th {...COLUMN_HEADER} scope="col" class="align-right">
            {t('positions.average')}
          </th>
          <th {...COLUMN_HEADER} scope="col" class="align-right">
            {t('positions.last')}
          </th>
          <th {...COLUMN_HEADER} scope="col" class="align-right">
            {t('positions.value')}
          </th>
          <th {...COLUMN_HEADER} scope="col" class="align-right">
            {t('positions.profit')}
          </th>
          <th {...COLUMN_HEADER} scope="col" class="align-right">
            {t('positions.stop')}
          </th>
          <th {...COLUMN_HEADER} scope="col" class="align-right">
            {t('positions.target')}
          </th>
          <th {...COLUMN_HEADER} scope="col">
            <span class="visually-hidden">{t('positions.command')}</span>
          </th>
        </tr>
      </thead>
      <tbody {...ROW_GROUP}>
        {held.map((position) => (
          <PositionRow key={position.symbol} store={store} {...position} />
        ))}
      </tbody>
    </table>
  );
}

function PositionRow({ store, symbol, view }: Held & { readonly store: Store }) {
  const price = store.price(symbol).value;
  const { position, exits } = view;
  const { value, profit, profitPercent } = positionNumbers(position, price?.value, exits);
  const command = word('command', 'flatten');
  return (
    <tr {...ROW}>
      <th scope="row" {...ROW_HEADER}>
        <a href={marketHref(symbol)}>{symbol}</a>
      </th>
      <Cell label={t('positions.quantity')}>{formatQuantity(position.quantity)}</Cell>
      <Cell label={t('positions.average')}>{formatPrice(position.averagePrice)}</Cell>
      <Cell label={t('positions.last')}>
        {formatPrice(price?.value)}
        <PriceAge store={store} price={price} />
      </Cell>
      <Cell label={t('positions.value')}>{formatKrw(value)}</Cell>
      <Cell label={t('positions.profit')} class="profit">
        <Profit amount={profit} /> <ProfitPercent percent={profitPercent} />
      </Cell>
      <Cell label={t('positions.stop')}>{formatPrice(exits?.stop)}</Cell>
      <Cell label={t('positions.target')}>{formatPrice(exits?.target)}</Cell>
      <td {...CELL} class="commands align-right">
        <button
          type="button"
          class="button button-quiet"
          aria-label={t('command.on', { command, symbol })}
          onClick={() => openCommand(store, { target: 'symbol', symbol, command: 'flatten' })}
        >
          {command}
        </button>
      </td>
    </tr>
  );
}

function NothingHeld({ store }: { readonly store: Store }) {
  const closest = closestToEntry(
    store.symbols.value.map((symbol) => ({ symbol, thought: thoughtOf(store.symbol(symbol).value?.value) })),
  );
  return (
    <div class="empty">
      <p>{t('positions.empty')}</p>
      <p class="quiet">
        {closest === undefined
          ? t('positions.waitsForEngine')
          : t('positions.waitsFor', {
              symbol: closest.symbol,
              passed: closest.thought.passed,
              all: closest.thought.all,
              reason: word('reason', closest.thought.reason),
            })}
      </p>
    </div>
  );
}
