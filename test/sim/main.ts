import { World } from './world.ts';
const t = Date.now();
const kinds = new Map<string, number>();
for (let seed = Number(process.argv[2] ?? 1); seed <= Number(process.argv[3] ?? 1); seed += 1) {
  const t1 = Date.now();
  const r = await new World({ seed, steps: 300, ...(process.argv[4] ? { trace: (line: string) => process.stdout.write(line + '\n') } : {}) }).run();
  for (const v of r.violations.slice(0,2)) process.stdout.write(`${seed} step ${v.step} ${v.invariant}: ${v.what}: ${v.expected.slice(0,200)} / ${v.found.slice(0,300)}\n`);
  if (Date.now() - t1 > 1500) process.stdout.write(`${seed} slow: ${Date.now() - t1} ms, ${r.events} events, ${r.virtualMs}\n`);
}
process.stdout.write(`${Date.now() - t} ms\n`);
