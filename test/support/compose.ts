/** docker-compose.yaml as Compose reads it: anchors merged, `${…}` filled in. */
import { parse } from 'yaml';

export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly user?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly logging?: { readonly options?: Readonly<Record<string, string>> };
  readonly build?: { readonly context: string; readonly args?: Readonly<Record<string, string>> };
  readonly deploy?: {
    readonly replicas?: number;
    readonly resources?: { readonly limits?: { readonly memory: string } };
  };
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** Without filling in: what it says of a variable can still be seen. */
export function readCompose(text: string): Compose {
  return parse(text, { merge: true }) as Compose;
}

/** `${NAME:?why}` and `${NAME:-fallback}`, the two forms that say what happens without a value. */
const VARIABLE = /\$\{(\w+):([?-])([^}]*)\}/g;

export function variablesOf(text: string): { readonly name: string; readonly isRequired: boolean }[] {
  return [...text.matchAll(VARIABLE)].map(([, name = '', kind]) => ({ name, isRequired: kind === '?' }));
}

/** Throws as Compose does when a required variable has no value. */
export function interpolate(text: string, values: Readonly<Record<string, string>>): string {
  const filled = text.replace(VARIABLE, (_, name: string, kind: string, rest: string) => {
    const value = values[name] || (kind === '-' ? rest : undefined);
    if (value === undefined) throw new Error(`required variable ${name} is missing a value: ${rest}`);
    return value;
  });
  if (filled.includes('$')) throw new Error(`"${text}" fills in a variable in a form that is not understood here`);
  return filled;
}

export function environmentOfService(
  { environment = {} }: ComposeService,
  values: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).map(([name, text]) => [name, interpolate(text, values)]));
}
