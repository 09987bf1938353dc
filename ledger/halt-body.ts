/** The body of the journal row of a halt (or its end) that a supervisor stores in the place of an actor that cannot run. */
export function haltBody(reason: string | null): string {
  return JSON.stringify({ haltedReason: reason, by: 'supervisor' });
}
