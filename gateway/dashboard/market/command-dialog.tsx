/**
 * The one dialog of the page for commands. It is modal: the browser keeps the focus inside and gives it back afterwards, and Esc
 * cancels — except while a command is on its way, because closing would not call it back.
 */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import type { Store } from '../store/types.ts';
import './command-dialog.css';
import { CommandForm } from './command-form.tsx';
import { newCommandId } from './command-id.ts';
import type { CommandTarget } from './command-plan.ts';
import { CommandResult } from './command-result.tsx';
import { CommandSession } from './command-session.ts';

interface Asked {
  readonly store: Store;
  readonly session: CommandSession;
}

const asked = signal<Asked | undefined>(undefined);

/** Opens the dialog. While one is open a second call changes nothing: what was asked first is answered first. */
export function openCommand(store: Store, target: CommandTarget): void {
  if (asked.peek() === undefined) asked.value = { store, session: new CommandSession(store, target, newCommandId) };
}

/** Stands once in the page, wherever. */
export function CommandDialogHost() {
  const current = asked.value;
  return current === undefined ? null : <CommandDialog {...current} />;
}

function CommandDialog({ store, session }: Asked) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const phase = session.phase.value;
  const close = (): void => dialog.current?.close();
  return (
    <dialog
      ref={dialog}
      class={`command command-${session.target.command}`}
      aria-labelledby="command-title"
      onCancel={(event) => {
        if (phase.step === 'sending') event.preventDefault();
      }}
      onClose={() => {
        asked.value = undefined;
      }}
    >
      <h2 id="command-title">{titleOf(session.target)}</h2>
      {store.connection.value === 'lost' && (
        <p class="command-caution" role="alert">
          {t('dialog.lost')}
        </p>
      )}
      {phase.step === 'asking' ? (
        <CommandForm store={store} session={session} given={phase.given} onCancel={close} />
      ) : (
        <CommandResult session={session} phase={phase} onClose={close} />
      )}
    </dialog>
  );
}

function titleOf(target: CommandTarget): string {
  if (target.target === 'account') return t(`dialog.title.account.${target.command}`);
  return t(`dialog.title.symbol.${target.command}`, { symbol: target.symbol });
}
