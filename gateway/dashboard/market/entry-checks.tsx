/** The entry checks at the last close as a row of lamps, and what the engine made of them, in words. */
import { formatPrice } from '../format/money.ts';
import { formatMinute } from '../format/time.ts';
import { t, word } from '../i18n/index.ts';
import { zone } from '../settings.ts';
import type { EntryCheck, Store, SymbolView } from '../store/types.ts';
import { Age } from '../ui/age.tsx';
import { Card } from '../ui/card.tsx';
import './entry-checks.css';
import { type Lamp, lampOf, phraseKey } from './entry-lamps.ts';

interface ChecksProps {
  readonly store: Store;
  readonly symbol: string;
}

export function EntryChecks({ store, symbol }: ChecksProps) {
  const aged = store.symbol(symbol).value;
  const view = aged?.value;
  return (
    <Card
      id="market-checks-title"
      title={t('market.thinking')}
      class="market-checks"
      aside={<Age store={store} heardAt={aged?.heardAt} isState />}
    >
      {view === undefined ? <p class="quiet">{t('market.waiting')}</p> : <Thinking explain={view.explain} />}
    </Card>
  );
}

function Thinking({ explain }: { readonly explain: SymbolView['explain'] }) {
  if (explain === null) return <p class="quiet">{t('market.decision.none')}</p>;
  const passed = explain.checks.filter((check) => check.pass).length;
  return (
    <>
      <p class="market-decision">
        <strong>{word('decision', explain.decision)}</strong>
        <span>{word('reason', explain.reason)}</span>
        <span class="quiet">
          {t('market.lamps.count', { passed, all: explain.checks.length })} ·{' '}
          {t('market.decision.at', { time: `${formatMinute(explain.at, zone.value)} ${zone.value}` })}
        </span>
      </p>
      {explain.decision === 'HOLD' && <p class="quiet">{t('market.decision.holding')}</p>}
      <ol class="market-lamps" style={{ '--lamp-columns': Math.ceil(explain.checks.length / 2) }}>
        {explain.checks.map((check) => (
          <LampItem key={check.name} check={check} isReason={check.name === explain.reason} />
        ))}
      </ol>
    </>
  );
}

const SIGNS: Readonly<Record<Lamp['state'], string>> = { pass: '✓', fail: '✕', waiting: '…' };

function LampItem({ check, isReason }: { readonly check: EntryCheck; readonly isReason: boolean }) {
  const lamp = lampOf(check, (price) => formatPrice(price.toFixed(8)));
  return (
    <li class={`market-lamp market-lamp-${lamp.state}${isReason ? ' market-lamp-reason' : ''}`}>
      <span class="market-lamp-sign" aria-hidden="true">
        {SIGNS[lamp.state]}
      </span>
      <span class="market-lamp-name">{lamp.label === undefined ? lamp.code : t(lamp.label)}</span>
      <span class="market-lamp-value number">{lampText(lamp.value)}</span>
      <span class="market-lamp-limit">
        {t(`market.lamp.${lamp.state}`)} · {t('market.lamp.limit', { limit: lampText(lamp.limit) })}
      </span>
    </li>
  );
}

/** Values that are codes or phrases of the engine, in the reader's words where there are some. */
function lampText(value: string): string {
  const key = phraseKey(value);
  return key === undefined ? word('regime', value) : t(key);
}
