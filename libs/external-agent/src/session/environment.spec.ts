import { LIMITS } from '../limits.js';
import { checkCallerEnvironment } from './environment.js';

const faultsOf = (entries: readonly string[]): string => {
  try {
    checkCallerEnvironment(entries);
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_REQUEST' });
    return (error as Error).message;
  }
  return '';
};

describe('checkCallerEnvironment', () => {
  it.each([['EDITOR=vi'], ['EMPTY='], ['_x1=a=b=c'], ['GREETING=Grüße 🙂'], ['MY_HELIX_URL=x'], ['PATHS=/a']])(
    'accepts %s',
    (entry) => {
      expect(checkCallerEnvironment([entry])).toEqual([entry]);
    },
  );

  it.each([
    ['HELIX_SESSION_ID=secret', 'HELIX_SESSION_ID is reserved'],
    ['helix_api_url=secret', 'helix_api_url is reserved'],
    ['ZED_HELIX_TOKEN=secret', 'ZED_HELIX_TOKEN is reserved'],
    ['WOLF_SESSION_ID=secret', 'WOLF_SESSION_ID is reserved'],
    ['USER_API_TOKEN=secret', 'USER_API_TOKEN is reserved'],
    ['RUNNER_TOKEN=secret', 'RUNNER_TOKEN is reserved'],
    ['LD_PRELOAD=secret', 'LD_PRELOAD is reserved'],
    ['DOCKER_HOST=secret', 'DOCKER_HOST is reserved'],
    ['NVIDIA_VISIBLE_DEVICES=secret', 'NVIDIA_VISIBLE_DEVICES is reserved'],
    ['SANDBOX_INSTANCE_ID=secret', 'SANDBOX_INSTANCE_ID is reserved'],
    ['PATH=secret', 'PATH is reserved'],
    ['NO_EQUALS', 'NO_EQUALS is not of the form NAME=value'],
    ['=secret', 'entry 1 is not of the form NAME=value'],
    ['1ST=secret', '1ST is not of the form NAME=value'],
    ['TWO WORDS=secret', 'entry 1 is not of the form NAME=value'],
    ['LINES=secret\nHELIX_X=1', 'LINES is not of the form NAME=value'],
    ['NUL=secret\u0000', 'NUL is not of the form NAME=value'],
    ['C1=secret\u0085', 'C1 is not of the form NAME=value'],
    ['HALF=secret\ud83d', 'HALF is not of the form NAME=value'],
    [`LONG=secret${'x'.repeat(LIMITS.environmentEntryMaxBytes)}`, 'LONG is too long'],
  ])('refuses %j', (entry, fault) => {
    const message = faultsOf([entry]);
    expect(message).toContain(fault);
    expect(message).not.toContain('secret');
  });

  it('names every fault at once', () => {
    expect(faultsOf(['PATH=x', 'OK=1', 'LD_A=x', 'bad'])).toBe(
      'env is not acceptable: PATH is reserved; LD_A is reserved; bad is not of the form NAME=value',
    );
  });

  it('refuses too many, and looks at no more than are accepted', () => {
    const many = Array.from({ length: 10_000 }, () => 'PATH=x');
    const message = faultsOf(many);
    expect(message).toContain('at most 64 entries are accepted');
    expect(message.length).toBeLessThan(64 * 32);
  });

  it('refuses what is too much all together, which would make the list of the host unreadable', () => {
    const entries = Array.from({ length: 8 }, (_, index) => `A${String(index)}=${'x'.repeat(6_000)}`);
    expect(faultsOf(entries)).toContain('all entries together may have at most 32768 bytes');
    expect(faultsOf(entries.slice(0, 5))).toBe('');
  });
});
