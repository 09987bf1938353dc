/**
 * Reads a Dockerfile and a .dockerignore as far as ours go. What they do not use is refused, not guessed: whoever needs more
 * teaches it here first.
 */

export interface Instruction {
  /** `FROM`, `RUN` …, upper case. */
  readonly name: string;
  /** What stands behind the name, continued lines joined. */
  readonly text: string;
  readonly line: number;
}

const NAMES = new Set('ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM RUN STOPSIGNAL USER WORKDIR'.split(' '));

export function parseDockerfile(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let joined = '';
  let start = 0;
  for (const [index, line] of text.split('\n').entries()) {
    // Comments and empty lines may stand between continued lines too.
    if (/^\s*(?:#|$)/.test(line)) continue;
    if (joined === '') start = index + 1;
    joined += line.replace(/\\\s*$/, '');
    if (/\\\s*$/.test(line)) continue;
    const [, name = '', rest = ''] = /^\s*([A-Za-z]+)\s+(.*)$/.exec(joined) ?? [];
    if (!NAMES.has(name)) throw new Error(`Dockerfile:${start}: "${joined}" is not understood here`);
    instructions.push({ name, text: rest.trim(), line: start });
    joined = '';
  }
  return instructions;
}

/** `$NAME` and `${NAME}`; a name that nothing has set is an error, where Docker would leave a hole. */
export function expand(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? '';
    const value = values[name];
    if (value === undefined) throw new Error(`${text}: nothing sets ${name}`);
    return value;
  });
}

/** Whether a path of the context, relative and with forward slashes, gets into the image: the last pattern that matches decides. */
export class DockerIgnore {
  readonly #patterns: readonly { readonly matches: RegExp; readonly keeps: boolean; readonly text: string }[];

  constructor(text: string) {
    const lines = text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'));
    this.#patterns = lines.map((line) => {
      const keeps = line.startsWith('!');
      const pattern = line.slice(keeps ? 1 : 0);
      if (keeps && pattern.includes('*')) throw new Error(`.dockerignore: ${line}: name what is let in`);
      return { matches: new RegExp(`^${expression(pattern)}(?:/.*)?$`), keeps, text: pattern };
    });
  }

  holds(path: string): boolean {
    return this.#patterns.findLast(({ matches }) => matches.test(path))?.keeps ?? true;
  }

  /** Whether something in this folder may get into the image. */
  opens(folder: string): boolean {
    return this.holds(folder) || this.#patterns.some(({ keeps, text }) => keeps && text.startsWith(`${folder}/`));
  }
}

function expression(pattern: string): string {
  return pattern
    .split(/(\*\*\/|\*)/)
    .map((part) => (part === '**/' ? '(?:.*/)?' : part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
}
