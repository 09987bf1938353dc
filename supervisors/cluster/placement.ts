/**
 * Which Pod should own which symbol: rendezvous hashing over the live Pods with bounded load. A pure function, so every
 * Pod that sees the same members computes the same placement, and a change of members moves few symbols.
 *
 * Each symbol ranks the Pods by a hash of both names and takes the first that has room; a Pod has room for
 * ceil(1.1 × symbols / pods). (Rendezvous hashing: Thaler and Ravishankar 1998; bounded loads: Mirrokni et al. 2016.)
 */
const LOAD_FACTOR = 1.1;

export function place(symbols: readonly string[], pods: readonly string[]): ReadonlyMap<string, string> {
  const placement = new Map<string, string>();
  if (pods.length === 0) return placement;
  const members = [...new Set(pods)].sort();
  const capacity = Math.ceil((LOAD_FACTOR * symbols.length) / members.length);
  const load = new Map(members.map((pod) => [pod, 0]));
  for (const symbol of [...new Set(symbols)].sort()) {
    const ranked = members.map((pod) => ({ pod, score: hash(`${symbol}\n${pod}`) })).sort((a, b) => b.score - a.score);
    const chosen = ranked.find(({ pod }) => (load.get(pod) ?? 0) < capacity) ?? ranked[0];
    if (chosen === undefined) continue;
    placement.set(symbol, chosen.pod);
    load.set(chosen.pod, (load.get(chosen.pod) ?? 0) + 1);
  }
  return placement;
}

/** FNV-1a, 32 bits, with a final avalanche (murmur3's) so that names that differ in one digit spread. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
