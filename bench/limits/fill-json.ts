/** A fill as a client sends it: what every layer below carries, parses or makes. */
import { uuid7 } from '../../adapters/uuid7.ts';

export const FILL_JSON = JSON.stringify({
  id: uuid7(),
  side: 'buy',
  quantity: '0.12345678',
  price: '98765.43',
  fee: '6.09',
  at: new Date().toISOString(),
});
