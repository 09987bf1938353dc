/** The name a person gave for their last command, kept in this browser so that nobody types it twice. */
const KEY = 'coinpilot.name';

/** Empty when none was kept, or storage is forbidden: the field is then empty, which is all the harm there is. */
export function rememberedName(storage: () => Pick<Storage, 'getItem'>): string {
  try {
    return storage().getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

export function rememberName(storage: () => Pick<Storage, 'setItem'>, name: string): void {
  try {
    storage().setItem(KEY, name);
  } catch {
    // Not kept: the next dialog asks for it again.
  }
}
