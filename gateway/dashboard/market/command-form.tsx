/** The question: what will happen, why, who, and for a command that can't be taken back a word typed by hand. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { LIMITS } from '../../../protocol/limits.ts';
import { t } from '../i18n/index.ts';
import type { Store } from '../store/types.ts';
import { commandPlan, isConfirmed } from './command-plan.ts';
import type { CommandSession, GivenText } from './command-session.ts';
import { knownState } from './known-state.ts';
import { NUMBER_WRITER } from './number-writer.ts';
import { rememberedName, rememberName } from './remembered-name.ts';
import { TextField } from './text-field.tsx';

interface FormProps {
  readonly store: Store;
  readonly session: CommandSession;
  readonly given: GivenText;
  readonly onCancel: () => void;
}

const browserStorage = (): Storage => window.localStorage;

export function CommandForm({ store, session, given, onCancel }: FormProps) {
  const { target } = session;
  const plan = commandPlan(target, knownState(store, target), NUMBER_WRITER);
  const form = useRef<HTMLFormElement>(null);
  const reason = useSignal(given.reason);
  const by = useSignal(given.by || rememberedName(browserStorage));
  const typed = useSignal('');
  /** Nothing is called wrong before the first try to send it. */
  const tried = useSignal(false);

  useEffect(() => form.current?.querySelector('textarea')?.focus(), []);

  const problems = {
    reason: reason.value.trim() === '' ? t('dialog.needReason') : null,
    by: by.value.trim() === '' ? t('dialog.needName') : null,
    typed: isConfirmed(plan, typed.value) ? null : t('dialog.needConfirmation', { word: plan.confirmation ?? '' }),
  };
  const shown = (problem: string | null): string | null => (tried.value ? problem : null);

  const submit = (event: Event): void => {
    event.preventDefault();
    tried.value = true;
    const wrong = (['reason', 'by', 'typed'] as const).find((field) => problems[field] !== null);
    if (wrong !== undefined) {
      form.current?.querySelector<HTMLElement>(`[name="${wrong}"]`)?.focus();
      return;
    }
    rememberName(browserStorage, by.value.trim());
    void session.send({ reason: reason.value, by: by.value });
  };

  return (
    <form ref={form} onSubmit={submit} noValidate>
      <h3>{t('dialog.what')}</h3>
      <ul class="command-effects number">
        {plan.effects.map(({ key, values }) => (
          <li key={key}>{t(key, values)}</li>
        ))}
      </ul>
      {plan.cautions.length > 0 && (
        <ul class="command-cautions">
          {plan.cautions.map(({ key, values }) => (
            <li key={key}>{t(key, values)}</li>
          ))}
        </ul>
      )}
      <TextField
        name="reason"
        label={t('dialog.reason')}
        value={reason}
        problem={shown(problems.reason)}
        lengthMax={LIMITS.reasonLengthMax}
        isLong
      />
      <TextField
        name="by"
        label={t('dialog.name')}
        value={by}
        problem={shown(problems.by)}
        lengthMax={LIMITS.nameLengthMax}
        autocomplete="name"
      />
      {plan.confirmation !== null && (
        <TextField
          name="typed"
          label={t('dialog.confirmation', { word: plan.confirmation })}
          value={typed}
          problem={shown(problems.typed)}
          lengthMax={LIMITS.nameLengthMax}
        />
      )}
      <div class="command-buttons">
        <button type="button" class="button" onClick={onCancel}>
          {t('dialog.cancel')}
        </button>
        <button type="submit" class={plan.confirmation === null ? 'button button-primary' : 'button button-danger'}>
          {t(`dialog.do.${target.command}`)}
        </button>
      </div>
    </form>
  );
}
