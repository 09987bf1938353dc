/** The body of the journal row of a halt (or its end) that a supervisor stores in the place of an actor that cannot run. */
export function haltBody(reason: string | null, resumeReason?: string): string {
  return JSON.stringify({
    haltedReason: reason,
    ...(resumeReason === undefined ? {} : { resumeReason }),
    by: 'supervisor',
  });
}
