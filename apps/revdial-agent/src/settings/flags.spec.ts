import { parseFlags, USAGE } from './flags.js';

describe('the flags', () => {
  it('keeps the last of a flag, and all of a repeated one', () => {
    const { values, faults } = parseFlags(['-server', 'a', '--server=b', '--tunnel', 'x=1', '-tunnel=y=2']);
    expect(values.get('server')).toEqual(['b']);
    expect(values.get('tunnel')).toEqual(['x=1', 'y=2']);
    expect(faults).toEqual([]);
  });

  it('takes a value that begins with a dash, as the Go client does', () => {
    expect(parseFlags(['-token', '-x']).values.get('token')).toEqual(['-x']);
  });

  it.each([
    [['--nope', 'secret'], ['--nope: unknown flag']],
    [['--nope=secret', '-help'], ['--nope: unknown flag']],
    [['--constructor=1'], ['--constructor: unknown flag']],
    [['secret'], ['argument 1: is not a flag']],
    [['-server='], ['--server: has no value']],
    [['-server'], ['--server: has no value']],
    [['--help=yes'], ['--help: takes no value']],
    [
      ['---server', '--'],
      ['argument 1: is not a flag', 'argument 2: is not a flag'],
    ],
  ])('finds the faults of %j', (args, faults) => {
    expect(parseFlags(args).faults).toEqual(faults);
  });

  it('are all in the usage', () => {
    for (const name of [
      'server',
      'runner-id',
      'token',
      'local',
      'tunnel',
      'ca-file',
      'server-name',
      'transport',
      'log-level',
    ]) {
      expect(USAGE).toContain(`-${name} `);
    }
  });
});
