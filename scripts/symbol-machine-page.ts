/**
 * docs/symbol-machine.md, derived from the machine itself: a diagram of each region and every legal event. Pure, so that
 * a test can compare the page with the machine.
 */
import { symbolMachine } from '../actors/symbol/machine.ts';

export const SYMBOL_MACHINE_PAGE = 'docs/symbol-machine.md';

type StateNode = typeof symbolMachine.root;

interface Step {
  readonly from: string;
  readonly event: string;
  /** Empty when nothing is asked; "else" after branches that ask. */
  readonly guard: string;
  readonly to: string;
  readonly effects: readonly string[];
}

export function symbolMachinePage(): string {
  const regions = Object.values(symbolMachine.root.states) as StateNode[];
  return `${[
    '# The modes of a symbol',
    '',
    'Generated from `actors/symbol/machine.ts` by `npm run docs`; do not edit.',
    '',
    `The machine is in one mode of each region at once (${regions.map((region) => `\`${region.key}\``).join(', ')}). An event`,
    'takes the first branch whose guard holds. An event that is not in the table of a mode is illegal there: it changes',
    'nothing, is counted in production and fatal in tests. Effects are data, carried out after the commit.',
    ...regions.flatMap(regionSection),
  ].join('\n')}\n`;
}

function regionSection(region: StateNode): string[] {
  const modes = leavesOf(region);
  const steps = modes.flatMap((mode) => stepsOf(mode, region));
  return [
    '',
    `## ${region.key}`,
    '',
    '```mermaid',
    'stateDiagram-v2',
    ...modes.map((mode) => `  state "${pathIn(region, mode)}" as ${alias(pathIn(region, mode))}`),
    `  [*] --> ${alias(pathIn(region, initialLeaf(region)))}`,
    ...steps.map((step) => `  ${alias(step.from)} --> ${alias(step.to)}: ${labelOf(step)}`),
    '```',
    '',
    '| mode | event | → mode [guard] / effect |',
    '|---|---|---|',
    ...modes.flatMap((mode) => tableRows(steps.filter((step) => step.from === pathIn(region, mode)))),
  ];
}

/** One row for each event of a mode; its branches in the order in which they are tried. */
function tableRows(steps: readonly Step[]): string[] {
  const events = [...new Set(steps.map((step) => step.event))];
  return events.map((event) => {
    const branches = steps
      .filter((step) => step.event === event)
      .map(({ to, guard, effects }) => `${to}${guard === '' ? '' : ` [${guard}]`}${effectsOf(effects)}`);
    return `| ${steps[0]?.from} | \`${event}\` | ${branches.join('<br>')} |`;
  });
}

function labelOf({ event, guard, effects }: Step): string {
  return `${event}${guard === '' ? '' : ` [${guard}]`}${effectsOf(effects)}`;
}

function effectsOf(effects: readonly string[]): string {
  return effects.length === 0 ? '' : ` / ${effects.join(', ')}`;
}

/** What can happen in a mode: its own transitions and those of the modes around it. */
function stepsOf(mode: StateNode, region: StateNode): Step[] {
  const steps: Step[] = [];
  for (const node of [mode, ...ancestorsOf(mode)]) {
    for (const [event, branches] of node.transitions) {
      if (node !== mode && mode.transitions.has(event)) continue;
      const guarded = branches.some((branch) => branch.guard !== undefined);
      for (const branch of branches) {
        const target = branch.target?.[0] as StateNode | undefined;
        steps.push({
          from: pathIn(region, mode),
          event,
          guard: branch.guard === undefined ? (guarded ? 'else' : '') : nameOf(branch.guard),
          to: pathIn(region, target === undefined ? mode : initialLeaf(target)),
          effects: [...branch.actions.map(nameOf), ...(target === undefined ? [] : entryActions(node, target))],
        });
      }
    }
  }
  return steps;
}

/** Entry actions of every mode that is entered on the way from `source` to `target` and down to where it starts. */
function entryActions(source: StateNode, target: StateNode): string[] {
  const outer = new Set(ancestorsOf(source));
  const entered = [initialLeaf(target), ...ancestorsOf(initialLeaf(target))]
    .filter((node) => !outer.has(node))
    .reverse();
  return entered.flatMap((node) => node.entry.map(nameOf));
}

function leavesOf(node: StateNode): StateNode[] {
  const inner = Object.values(node.states) as StateNode[];
  return inner.length === 0 ? [node] : inner.flatMap(leavesOf);
}

function initialLeaf(node: StateNode): StateNode {
  const first = node.initial?.target[0] as StateNode | undefined;
  return first === undefined ? node : initialLeaf(first);
}

/** From the next outer mode to the root. */
function ancestorsOf(node: StateNode): StateNode[] {
  const parent = node.parent as StateNode | undefined;
  return parent === undefined ? [] : [parent, ...ancestorsOf(parent)];
}

/** "entering.reserving": the keys below the region. */
function pathIn(region: StateNode, node: StateNode): string {
  return node.path.slice(region.path.length).join('.');
}

function alias(path: string): string {
  return path.replaceAll('.', '_');
}

/** Actions and guards are all named in setup(), so a reference is a name or carries one. */
function nameOf(reference: unknown): string {
  return typeof reference === 'string' ? reference : String((reference as { readonly type: string }).type);
}
