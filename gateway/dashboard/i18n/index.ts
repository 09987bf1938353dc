/** `t(key)`: a text in the language of the moment. Reading it inside a component makes the component follow the language. */
import { language } from '../settings.ts';
import { CODE_TEXTS } from './codes.ts';
import { MARKET_TEXTS } from './market.ts';
import { OVERVIEW_TEXTS } from './overview.ts';
import { SHELL_TEXTS } from './shell.ts';
import { fillText, type Texts, type TextValues } from './texts.ts';

export const TEXTS = { ...SHELL_TEXTS, ...OVERVIEW_TEXTS, ...MARKET_TEXTS, ...CODE_TEXTS } as const;

export type TextKey = keyof typeof TEXTS;

export function t(key: TextKey, values?: TextValues): string {
  return fillText(TEXTS[key], language.value, values);
}

export type CodeFamily =
  | 'regime'
  | 'mode'
  | 'reason'
  | 'decision'
  | 'kind'
  | 'command'
  | 'side'
  | 'status'
  | 'signal'
  | 'by';

/** A code of the engine in words; one that this page does not know is shown as it is, never hidden. */
export function word(family: CodeFamily, code: string): string {
  const text = (TEXTS as Texts)[`${family}.${code}`];
  return text === undefined ? code : fillText(text, language.value);
}
