/** The head of the page: price, mode, owner, who stopped it, and the commands. */
import type { ComponentChildren } from 'preact';
import type { Stop } from '../../../protocol/feed.ts';
import { formatPrice } from '../format/money.ts';
import { saidBy } from '../format/said.ts';
import { t, word } from '../i18n/index.ts';
import { stopFor } from '../store/stops.ts';
import type { CommandName, Store, SymbolView } from '../store/types.ts';
import { Age } from '../ui/age.tsx';
import { Badge, modeTone } from '../ui/badge.tsx';
import { PriceAge } from '../ui/price-age.tsx';
import { openCommand } from './command-dialog.tsx';
import { isHeld } from './position-numbers.ts';
import { RegimeMark } from './regime-mark.tsx';

const COMMANDS: readonly CommandName[] = ['pause', 'resume', 'flatten', 'halt'];

interface HeadProps {
  readonly store: Store;
  readonly symbol: string;
}

export function SymbolHead({ store, symbol }: HeadProps) {
  const aged = store.symbol(symbol).value;
  const price = store.price(symbol).value;
  return (
    <header class="market-head">
      <div class="market-head-price">
        <h1>{symbol}</h1>
        <p class="market-last number">
          <span class="visually-hidden">{t('market.price')} </span>
          <strong>{price === undefined ? t('market.noPrice') : `₩${formatPrice(price.value)}`}</strong>
          <PriceAge store={store} price={price} />
        </p>
      </div>
      {aged === undefined ? (
        <p class="quiet">{t('market.waiting')}</p>
      ) : (
        <SymbolFacts view={aged.value}>
          <Age store={store} heardAt={aged.heardAt} isState />
        </SymbolFacts>
      )}
      <fieldset class="buttons">
        <legend class="visually-hidden">{t('market.controls', { symbol })}</legend>
        {COMMANDS.map((command) => (
          <button
            key={command}
            type="button"
            class="button"
            disabled={aged !== undefined && !isOffered(command, aged.value)}
            onClick={() => openCommand(store, { target: 'symbol', symbol, command })}
          >
            {t(`market.${command}`)}
          </button>
        ))}
      </fieldset>
      {aged !== undefined && <StopNotes view={aged.value} />}
    </header>
  );
}

/** What would change nothing is not offered. */
function isOffered(command: CommandName, { position, openOrders, pausedReason, haltedReason }: SymbolView): boolean {
  if (command === 'resume') return pausedReason !== null || haltedReason !== null;
  if (command === 'flatten') return isHeld(position) || openOrders.length > 0;
  return true;
}

function SymbolFacts({ view, children }: { view: SymbolView; children: ComponentChildren }) {
  const regime = view.explain?.regime ?? view.position.regime ?? 'UNKNOWN';
  return (
    <dl class="market-facts">
      <div>
        <dt>{t('market.mode')}</dt>
        <dd>
          <Badge tone={modeTone(view.mode)}>{word('mode', view.mode)}</Badge>
          {children}
        </dd>
      </div>
      <div>
        <dt>{t('market.regime')}</dt>
        <dd>
          <RegimeMark regime={regime} /> {word('regime', regime)}
        </dd>
      </div>
      <div>
        <dt>{t('market.owner')}</dt>
        <dd>
          {view.owner ?? t('market.noOwner')} <span class="quiet">{t('market.epoch', { epoch: view.epoch })}</span>
        </dd>
      </div>
    </dl>
  );
}

function StopNotes({ view }: { readonly view: SymbolView }) {
  const { haltedReason, pausedReason, stops } = view;
  const words = (command: Stop['command'], reason: string) => ({
    reason,
    said: saidBy(stopFor(stops, command, reason)),
  });
  if (haltedReason === null && pausedReason === null) return null;
  return (
    <div class="market-stops" role="status">
      {haltedReason !== null && (
        <p class="market-stop market-stop-halt">{t('market.halted', words('halt', haltedReason))}</p>
      )}
      {pausedReason !== null && <p class="market-stop">{t('market.paused', words('pause', pausedReason))}</p>}
    </div>
  );
}
