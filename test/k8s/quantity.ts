/** Amounts as Kubernetes writes them: 500m, 2, 512Mi, 1Gi. */

const FACTORS: Readonly<Record<string, number>> = { '': 1, m: 0.001, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** Processors, or bytes. Throws for what is no amount. */
export function amountOf(text: number | string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(String(text)) ?? [];
  const factor = FACTORS[unit];
  if (number === undefined || factor === undefined) throw new Error(`${text} is no amount`);
  return Number(number) * factor;
}
