/** The shape of a file of texts: both languages of a text stand beside each other, so that neither can be forgotten. */

export type Language = 'en' | 'ko';

/** Places for values are written `{name}`. */
export interface Text {
  readonly en: string;
  readonly ko: string;
}

export type Texts = Readonly<Record<string, Text>>;

/** Values of the places of a text, ready to be shown. */
export type TextValues = Readonly<Record<string, string | number>>;

/** `text` in a language with its places filled; a place without a value stays as it is written. */
export function fillText(text: Text, language: Language, values: TextValues = {}): string {
  return text[language].replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}
