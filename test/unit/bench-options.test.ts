/** What `npm run bench` understands, and that it refuses the rest before anything starts. */
import { describe, expect, it } from 'vitest';
import { parseOptions, UsageError, usage } from '../../bench/harness/options.ts';

const SUITES = ['ledger', 'limits'];
const parse = (line: string) => parseOptions(line === '' ? [] : line.split(' '), SUITES);

describe('options of the bench', () => {
  it('measure everything when nothing is said', () => {
    expect(parse('')).toEqual({
      suites: [],
      isQuick: false,
      isJson: false,
      isRecorded: true,
      isList: false,
      isHelp: false,
      rounds: undefined,
      scenarios: [],
      contenders: [],
      fsyncDelayMs: 0,
    });
  });

  it('take suites in the order asked for, each once, before and after the options', () => {
    expect(parse('limits --quick ledger limits').suites).toEqual(['limits', 'ledger']);
  });

  it('take scenarios and contenders several times', () => {
    const options = parse('ledger --scenario hot/1 --scenario 200/256 --contender owner --rounds 9 --no-record --json');
    expect(options).toMatchObject({
      scenarios: ['hot/1', '200/256'],
      contenders: ['owner'],
      rounds: 9,
      isRecorded: false,
      isJson: true,
    });
  });

  it.each([
    ['1ms', 1],
    ['0.25ms', 0.25],
    ['500us', 0.5],
    ['1s', 1_000],
  ])('take %s as a delay of fsync', (text, delayMs) => {
    expect(parse(`--fsync-delay ${text}`).fsyncDelayMs).toBe(delayMs);
  });

  it.each([
    ['legder', 'no suite "legder"'],
    ['--rounds 0', '"0"'],
    ['--rounds 2.5', '"2.5"'],
    ['--rounds many', '"many"'],
    ['--rounds 101', '"101"'],
    ['--rounds', '--rounds'],
    ['--fsync-delay 1', '"1"'],
    ['--fsync-delay 0ms', '"0ms"'],
    ['--fsync-delay 2s', '"2s"'],
    ['--fsync-delay fast', '"fast"'],
    ['--quikc', '--quikc'],
    ['--quick=yes', '--quick'],
  ])('refuse "%s" and say what is wrong', (line, told) => {
    expect(() => parse(line)).toThrow(UsageError);
    expect(() => parse(line)).toThrow(told);
  });

  it('are all in the usage, with the suites', () => {
    for (const word of [...SUITES, '--list', '--quick', '--rounds', '--scenario', '--contender', '--fsync-delay']) {
      expect(usage(SUITES)).toContain(word);
    }
  });
});
