/**
 * The engine's rounding in SQL, for designs that compute in the database: Postgres's own `round` takes halves away from
 * zero, and its `/` may round before anybody can see that it was a half.
 */
import { sql } from '../../../test/support/ledger-audit.ts';

/**
 * dividend ÷ divisor to eight places, halves to even; neither is negative. The quotient is counted in units of 1e-8 as a
 * whole number with its exact remainder, as domain/money.ts does it. A product with up to sixteen places is rounded by
 * dividing it by 1.
 */
const HALF_EVEN = `
create function half_even(dividend numeric, divisor numeric) returns numeric language plpgsql immutable strict as $$
declare
  scaled numeric := dividend * 100000000;
  units numeric := div(scaled, divisor);
  twice numeric := (scaled - units * divisor) * 2;
begin
  if twice > divisor or (twice = divisor and mod(units, 2) = 1) then
    units := units + 1;
  end if;
  -- Times, because the scale of a quotient depends on its size.
  return units * 0.00000001;
end
$$`;

export async function createHalfEven(url: string): Promise<void> {
  await sql(url, HALF_EVEN);
}
