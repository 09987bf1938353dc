/**
 * The id of a command: a UUID of version 7 (RFC 9562), made here because `crypto.randomUUID` is missing on pages served
 * without TLS to another machine, and because the engine can tell an old command from a new one by the time in it.
 */
const VERSION_7 = 0x70;
const VARIANT = 0x80;

/** `at` in milliseconds since the epoch; `random` holds 10 random bytes. */
export function commandId(at: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  for (let index = 5, rest = at; index >= 0; index -= 1, rest = Math.floor(rest / 256)) bytes[index] = rest % 256;
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = VERSION_7 | (bytes[6]! & 0x0f);
  bytes[8] = VARIANT | (bytes[8]! & 0x3f);
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function newCommandId(): string {
  return commandId(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
}
