/** Cash and exposure, what is left of the day's limits, and the commands that stop everything. */
import type { ComponentChildren } from 'preact';
import { t, word } from '../i18n/index.ts';
import { openCommand } from '../market/command-dialog.tsx';
import { isHeld } from '../market/position-numbers.ts';
import type { Store } from '../store/types.ts';
import { Krw } from '../ui/amount.tsx';
import { Card } from '../ui/card.tsx';
import { type DayLimit, dayLimits } from './day-limits.ts';

/** A bar speaks up when so much of its limit is used. */
const NEARLY_USED = 0.8;

export function AccountCard({ store }: { readonly store: Store }) {
  const account = store.account.value?.value;
  const isStopped = account !== undefined && (account.paused !== null || account.halted !== null);
  return (
    <Card id="account" title={t('account.title')} class="account">
      <dl class="lines">
        <Line name={t('account.cash')}>
          <Krw amount={account?.cash} />
        </Line>
        <Line name={t('account.reserved')}>
          <Krw amount={account?.reserved} />
        </Line>
        <Line name={t('account.exposure')}>
          <Krw amount={account?.exposure} />
        </Line>
      </dl>
      {account !== undefined && (
        <>
          <h3>{t('account.limits')}</h3>
          {account.limits?.enforced !== true && (
            <p class="quiet">{t(account.limits === null ? 'account.limits.unknown' : 'account.limits.off')}</p>
          )}
          <dl class="lines limits">
            {dayLimits(account, heldCount(store)).map((limit) => (
              <Limit key={limit.name} limit={limit} />
            ))}
          </dl>
        </>
      )}
      <fieldset class="buttons account-buttons">
        <legend class="visually-hidden">{t('account.commands')}</legend>
        <AccountCommand store={store} command={isStopped ? 'resume' : 'pause'} />
        <AccountCommand store={store} command="halt" />
      </fieldset>
    </Card>
  );
}

function Line({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div class="line">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Limit({ limit: { name, value, limit, used } }: { readonly limit: DayLimit }) {
  return (
    <div class="line">
      <dt>{t(`account.limits.${name}`)}</dt>
      <dd class="number">{limit === null ? value : t('account.limits.of', { value, limit })}</dd>
      {limit !== null && (
        <span class={`bar ${used >= NEARLY_USED ? 'bar-near' : ''}`} aria-hidden="true">
          <i style={{ width: `${used * 100}%` }} />
        </span>
      )}
    </div>
  );
}

function AccountCommand({ store, command }: { readonly store: Store; readonly command: 'pause' | 'resume' | 'halt' }) {
  return (
    <button
      type="button"
      class={`button ${command === 'halt' ? 'button-danger' : ''}`}
      onClick={() => openCommand(store, { target: 'account', command })}
    >
      {t('command.account', { command: word('command', command) })}
    </button>
  );
}

function heldCount(store: Store): number {
  return store.symbols.value.filter((symbol) => {
    const view = store.symbol(symbol).value?.value;
    return view !== undefined && isHeld(view.position);
  }).length;
}
