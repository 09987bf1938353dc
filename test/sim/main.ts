import { World } from './world.ts';
const t = Date.now();
let ms = 0;
for (let seed = Number(process.argv[2] ?? 1); seed <= Number(process.argv[3] ?? 1); seed += 1) {
  const r = await new World({ seed, steps: 300, ...(process.argv[4] ? { trace: (line: string) => process.stdout.write(line + '\n') } : {}) }).run();
  process.stdout.write(`${JSON.stringify({ ...r, faults: undefined, violations: r.violations.slice(0,3) })}\n`);
}
process.stdout.write(`${Date.now() - t} ms\n`);
