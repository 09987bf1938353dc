/** The engines of this folder: every state folder, whether its engine runs, and what it is like inside. */
import { type Check, note, ok, problem } from './doctor-check.ts';
import { checkBus, checkLedger } from './doctor-services.ts';
import type { StateFolderFound } from './find-engine.ts';

export async function checkStateFolder(folder: StateFolderFound, prefix: string): Promise<readonly Check[]> {
  const { path, ready, alive } = folder;
  const name = path;
  const kind = kindOf(path);
  if (ready === undefined) return [note(name, `no engine is ready in it${kind}`, `to start one: ${startText(path)}`)];
  if (!alive) {
    const detail = `its engine (process ${ready.pid}) is gone without a word${kind}; what it acknowledged is stored`;
    return [note(name, detail, `start it again: ${startText(path)}`)];
  }
  const bus = {
    url: ready.nats,
    prefix,
    expectsEngine: true,
    ...(ready.natsToken === undefined ? {} : { token: ready.natsToken }),
  };
  const [busChecks, ledgerChecks] = await Promise.all([
    checkBus(`${name} NATS`, bus),
    checkLedger(`${name} ledger`, ready.postgres),
  ]);
  const answers = busChecks[0]?.status === 'ok';
  const running = `Pod ${ready.pod}, process ${ready.pid}, status ${ready.http}${kind}`;
  const engine = answers
    ? ok(name, `an engine runs: ${running}`)
    : problem(name, `its process lives but does not answer: ${running}`, 'look at its log; stop it and start it again');
  return [engine, ...busChecks, ...ledgerChecks];
}

/** A recording is named again at every start: its folder alone does not say which one it was. */
function startText(path: string): string {
  const recording = /(?:^|[/\\])[a-z]+-file(?:-[0-9a-f]+)?$/.test(path);
  return recording ? 'coinpilot up with the same --feed and options' : `coinpilot up --state ${path}`;
}

/** Default folders are named after venue and feed. */
function kindOf(path: string): string {
  const match = /(?:^|[/\\])([a-z]+)-(demo|file|bus|upbit)(?:-[0-9a-f]+)?$/.exec(path);
  return match === null ? '' : ` (${match[1]} money, ${match[2]} market)`;
}
