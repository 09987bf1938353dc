/**
 * `coinpilot ctl`: asks a running engine, or tells it what to do. The commands are data (ctl-commands.ts); here they
 * become a command line. A name comes before its command (`ctl symbol KRW-BTC get`), so that `symbol` and `pod` hand what
 * follows the name to a parser of their own.
 */
import { type Command, Option } from 'commander';
import { uuid7 } from '../adapters/uuid7.ts';
import { CTL_COMMANDS, type CtlCommand, exampleText, type Options, requestBody, type Target } from './ctl-commands.ts';
import { UsageError } from './exit-codes.ts';
import { type RawSettings, readSettingsFile } from './settings.ts';

/** A name that is one token of a subject: nothing that could address another one. */
const NAME = /^[A-Za-z0-9_-]{1,63}$/;

const OVERVIEW = `
Examples:
  coinpilot ctl symbol KRW-BTC get                        position, mode, open orders
  coinpilot ctl symbol KRW-BTC explain                    why it does (not) enter
  coinpilot ctl symbol KRW-BTC pause --reason "news"      no new entries; exits go on working
  coinpilot ctl account get                               cash, equity, the day
  coinpilot ctl account deposit --amount 1000000
  coinpilot ctl cluster get                               Pods, and who owns which symbol

The engine is found by --nats-url, or by ready.json in --state DIR, else NATS_URL, else the only engine
under ./.coinpilot/.

Every command that changes something has an id. When its outcome is unknown (exit code 4) the id is printed:
repeat the command with it, and it is carried out once, however often it is sent.

Exit codes: 0 ok, 1 refused or failed, 2 usage, 3 unavailable, 4 unknown outcome.`;

export function registerCtl(program: Command): void {
  const ctl = program
    .command('ctl')
    .description('ask a running engine, or tell it what to do')
    // Before its commands are made: they inherit it, and usage errors end with the code of this program.
    .exitOverride()
    .showHelpAfterError('(add --help to see what a command takes)')
    .option('--state <dir>', 'state folder of the engine (its ready.json says where it serves)')
    .option('--nats-url <url>', 'NATS server of the engine (or NATS_URL)')
    .option('--nats-token <token>', 'token of the NATS server (or NATS_TOKEN)')
    .option('--prefix <prefix>', 'first part of all NATS subjects (default cp)')
    .option('--timeout <seconds>', 'how long to try (default 10)')
    .option('--json', 'print the reply as one line of JSON')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', OVERVIEW);
  addNamed(ctl, 'symbol', '<SYMBOL>', 'one symbol, such as KRW-BTC');
  addCommands(ctl.command('account').description('the account: cash, limits, pause'), 'account', undefined);
  addCommands(ctl.command('cluster').description('Pods and symbols'), 'cluster', undefined);
  addNamed(ctl, 'pod', '<POD>', 'one Pod, by the name `ctl cluster get` shows');
}

/** `ctl symbol NAME command …`: the words after the name are parsed once the name is known. */
function addNamed(ctl: Command, target: Target, placeholder: string, describe: string): void {
  ctl
    .command(target)
    .description(describe)
    .usage(`${placeholder} <command> [options]`)
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: readonly string[]) => {
      const [first, ...rest] = words;
      const asksHelp = first === undefined || first === 'help' || first.startsWith('-');
      const name = asksHelp ? placeholder : first;
      const parser = ctl.createCommand(`${target} ${name}`).copyInheritedSettings(ctl).description(describe);
      parser.parent = ctl;
      addCommands(parser, target, asksHelp ? undefined : name);
      if (asksHelp) parser.help({ error: first === undefined });
      if (!NAME.test(name)) throw new UsageError(`"${name}" is not a name: coinpilot ctl ${target} ${placeholder} get`);
      await parser.parseAsync(rest, { from: 'user' });
    });
}

function addCommands(parent: Command, target: Target, name: string | undefined): void {
  parent.helpCommand(false);
  const prefix = `coinpilot ctl ${parent.name()}`;
  parent.addHelpText(
    'after',
    exampleText(
      prefix,
      CTL_COMMANDS[target].map(({ examples }) => examples[0] ?? ''),
    ),
  );
  for (const spec of CTL_COMMANDS[target]) {
    const command = parent.command(spec.name).description(spec.describe);
    if (spec.positional !== undefined) command.argument(spec.positional.spec);
    for (const flag of spec.flags) {
      const option = new Option(flag.flags, flag.describe);
      if (flag.required) option.makeOptionMandatory();
      if (flag.choices !== undefined) option.choices(flag.choices);
      if (flag.fallback !== undefined) option.default(flag.fallback);
      command.addOption(option);
    }
    command.addHelpText('after', exampleText(prefix, spec.examples));
    command.action(async (...parameters: unknown[]) => {
      const positional = spec.positional === undefined ? [] : [parameters[0]].flat().map(String);
      const common = parent.parent?.opts<RawSettings>() ?? {};
      process.exitCode = await start({ target, name, spec, positional, options: command.opts<Options>(), common });
    });
  }
}

async function start(call: {
  readonly target: Target;
  readonly name: string | undefined;
  readonly spec: CtlCommand;
  readonly positional: readonly string[];
  readonly options: Options;
  readonly common: RawSettings;
}): Promise<number> {
  const { target, name, spec, positional, options, common } = call;
  const problem = spec.check?.(options);
  if (problem !== undefined) throw new UsageError(problem);
  const body = requestBody(spec, options, positional, uuid7);
  const sources = {
    flags: common,
    environment: process.env,
    file: readSettingsFile(process.env.COINPILOT_CONFIG),
    directory: process.cwd(),
  };
  // Loaded when it is needed: help and usage errors answer without it.
  const { runCtl } = await import('./ctl-run.ts');
  return runCtl({ target, name, command: spec, body }, sources, process.argv.slice(2));
}
