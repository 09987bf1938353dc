/** The answer: waiting for it, done, refused and why, or that nobody knows — then the same command can be sent again. */
import { useEffect, useRef } from 'preact/hooks';
import { t, word } from '../i18n/index.ts';
import type { CommandAnswer } from './command-answer.ts';
import type { CommandPhase, CommandSession } from './command-session.ts';
import type { Words } from './words.ts';

interface ResultProps {
  readonly session: CommandSession;
  readonly phase: Exclude<CommandPhase, { readonly step: 'asking' }>;
  readonly onClose: () => void;
}

export function CommandResult({ session, phase, onClose }: ResultProps) {
  const { command } = phase;
  return (
    <div>
      <div role="status" class="command-answer">
        {phase.step === 'sending' ? <p>{t('dialog.sending')}</p> : <Answer answer={phase.answer} />}
      </div>
      <dl class="command-sent">
        <dt>{t('dialog.reason')}</dt>
        <dd>{command.reason}</dd>
        <dt>{t('dialog.name')}</dt>
        <dd>{command.by}</dd>
      </dl>
      <p class="quiet command-id">{t('dialog.id', { id: command.id })}</p>
      {phase.step === 'answered' && <AnswerButtons session={session} answer={phase.answer} onClose={onClose} />}
    </div>
  );
}

const SIGNS: Readonly<Record<CommandAnswer['tone'], string>> = { done: '✓', refused: '✕', unknown: '?' };

function Answer({ answer }: { readonly answer: CommandAnswer }) {
  return (
    <>
      <p class={`command-headline command-headline-${answer.tone}`}>
        <span aria-hidden="true">{SIGNS[answer.tone]}</span> {say(answer.headline)}
      </p>
      {answer.advice !== null && <p>{say(answer.advice)}</p>}
      {answer.original !== null && (
        <p class="quiet" lang="en">
          {answer.original}
        </p>
      )}
    </>
  );
}

interface ButtonsProps {
  readonly session: CommandSession;
  readonly answer: CommandAnswer;
  readonly onClose: () => void;
}

/** What one would do next gets the focus: the button that had it is gone. */
function AnswerButtons({ session, answer, onClose }: ButtonsProps) {
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <div class="command-buttons">
      {answer.tone === 'refused' && (
        <button type="button" class="button" onClick={() => session.change()}>
          {t('dialog.back')}
        </button>
      )}
      {answer.repeatable && (
        <button type="button" class="button button-primary" ref={first} onClick={() => void session.sendAgain()}>
          {t('dialog.again')}
        </button>
      )}
      <button type="button" class="button" ref={answer.repeatable ? null : first} onClick={onClose}>
        {t('dialog.close')}
      </button>
    </div>
  );
}

/** A mode inside a sentence is a code of the engine: it gets its word too. */
function say({ key, values }: Words): string {
  const mode = values?.mode;
  return t(key, mode === undefined ? values : { ...values, mode: word('mode', mode) });
}
