/**
 * TypeScript source as the tidy rules need it: tokens without comments, and the imports among them. A tokenizer, not a
 * parser: it knows strings, templates, regular expressions and comments, so that a rule never trips over a word in prose.
 * JSX text is the one thing it misreads, and never for longer than the line.
 */

export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'template' | 'regex' | 'punctuation';
  /** The text; of a string or a template part, what stands between its quotes. */
  readonly text: string;
  readonly line: number;
}

export interface Import {
  /** Undefined for an `import()` whose module is computed. */
  readonly specifier: string | undefined;
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Words after which a slash starts a regular expression, not a division. */
const BEFORE_REGEX = new Set(
  'return typeof case in of new delete void throw await yield else do instanceof extends default'.split(' '),
);
const WORD = /[\p{ID_Start}$_#@][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /\.?\d[\w.]*/y;
const SPACE = /\s+/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y;
// A quote that is not closed on its line ends there: what follows must not be swallowed.
const STRING = /'((?:\\[\s\S]|[^'\\\n])*)'?|"((?:\\[\s\S]|[^"\\\n])*)"?/y;
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/[\\\n])+\/[a-z]*/y;
const TEMPLATE_PART = /((?:\\[\s\S]|\$(?!\{)|[^\\`$])*)(`|\$\{|$)/y;

export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  /** Depth of braces inside each `${…}` that is open. */
  const templates: number[] = [];
  let offset = source.startsWith('#!') ? Math.max(source.indexOf('\n'), 0) : 0;
  let line = 1;

  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = offset;
    const found = pattern.exec(source);
    if (found === null || found[0] === '') return undefined;
    return found;
  };
  const take = (text: string): void => {
    offset += text.length;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) line += 1;
  };
  const add = (kind: Token['kind'], text: string, whole: string): void => {
    tokens.push({ kind, text, line });
    take(whole);
  };
  const templatePart = (): void => {
    const part = match(TEMPLATE_PART);
    if (part === undefined) return;
    add('template', part[1] ?? '', part[0]);
    if (part[2] === '${') templates.push(0);
  };

  while (offset < source.length) {
    const blank = match(SPACE) ?? match(COMMENT);
    if (blank !== undefined) {
      take(blank[0]);
      continue;
    }
    const character = source.charAt(offset);
    const string = match(STRING);
    if (string !== undefined) {
      add('string', string[1] ?? string[2] ?? '', string[0]);
      continue;
    }
    if (character === '`') {
      take(character);
      templatePart();
      continue;
    }
    if (character === '}' && templates.at(-1) === 0) {
      templates.pop();
      take(character);
      templatePart();
      continue;
    }
    const regex = character === '/' && startsRegex(tokens.at(-1)) ? match(REGEX) : undefined;
    if (regex !== undefined) {
      add('regex', regex[0], regex[0]);
      continue;
    }
    const word = match(WORD);
    if (word !== undefined) {
      add('word', word[0], word[0]);
      continue;
    }
    const number = match(NUMBER);
    if (number !== undefined) {
      add('number', number[0], number[0]);
      continue;
    }
    const depth = templates.length - 1;
    if (depth >= 0 && character === '{') templates[depth] = (templates[depth] ?? 0) + 1;
    if (depth >= 0 && character === '}') templates[depth] = (templates[depth] ?? 0) - 1;
    add('punctuation', character, character);
  }
  return tokens;
}

function startsRegex(previous: Token | undefined): boolean {
  if (previous === undefined) return true;
  if (previous.kind === 'word') return BEFORE_REGEX.has(previous.text);
  return previous.kind === 'punctuation' && !')]}'.includes(previous.text);
}

/** Static imports, re-exports, `import()` in values and in types, and `require()`. */
export function importsOf(source: string): Import[] {
  const tokens = tokenize(source);
  const imports: Import[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'word' || isPunctuation(tokens[index - 1], '.')) continue;
    const next = tokens[index + 1];
    if ((token.text === 'import' || token.text === 'require') && isPunctuation(next, '(')) {
      imports.push({ specifier: literal(tokens[index + 2]), typeOnly: false, line: token.line });
    } else if (token.text === 'import' || token.text === 'export') {
      const found = declaration(tokens, index);
      if (found !== undefined) imports.push(found);
    }
  }
  return imports;
}

/** `import 'a'`, `import … from 'a'`, `export * from 'a'`, `export { … } from 'a'`; undefined for other exports. */
function declaration(tokens: readonly Token[], index: number): Import | undefined {
  const keyword = tokens[index];
  const next = tokens[index + 1];
  if (keyword === undefined || next === undefined || isPunctuation(next, '.')) return undefined;
  if (keyword.text === 'import' && next.kind === 'string') {
    return { specifier: next.text, typeOnly: false, line: keyword.line };
  }
  const afterNext = tokens[index + 2];
  const typeOnly =
    next.text === 'type' &&
    !isPunctuation(afterNext, ',') &&
    !(afterNext?.text === 'from' && tokens[index + 3]?.kind === 'string');
  if (keyword.text === 'export') {
    const clause = typeOnly ? afterNext : next;
    if (!isPunctuation(clause, '{') && !isPunctuation(clause, '*')) return undefined;
  }
  for (let at = index + 1; at < tokens.length; at += 1) {
    const token = tokens[at];
    const after = tokens[at + 1];
    if (token === undefined || isPunctuation(token, ';') || isPunctuation(token, '=') || token.kind === 'string')
      return undefined;
    if (token.text === 'from' && after?.kind === 'string') {
      return { specifier: after.text, typeOnly, line: keyword.line };
    }
    // `export { a }` without `from` ends at its brace.
    if (isPunctuation(token, '}') && after?.text !== 'from') return undefined;
  }
  return undefined;
}

export function isPunctuation(token: Token | undefined, text: string): boolean {
  return token?.kind === 'punctuation' && token.text === text;
}

function literal(token: Token | undefined): string | undefined {
  return token?.kind === 'string' || token?.kind === 'template' ? token.text : undefined;
}
