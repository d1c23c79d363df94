import { readApiConfig } from './api-config.js';

const REQUIRED = { RUNNER_TOKEN: 'a-runner-token-of-32-characters!' };

describe('HELIX_TRACE', () => {
  it.each([
    ['', []],
    ['records,frames,dials', ['records', 'frames', 'dials']],
    [' dials, records ', ['records', 'dials']],
  ])('%j is read as %j', (HELIX_TRACE, trace) => {
    expect(readApiConfig({ ...REQUIRED, HELIX_TRACE }).trace).toEqual(trace);
  });

  it.each(['record', 'records,', 'records frames'])('%j is refused, by name and not by value', (HELIX_TRACE) => {
    expect(() => readApiConfig({ ...REQUIRED, HELIX_TRACE })).toThrow(
      expect.objectContaining({
        faults: ['HELIX_TRACE: must be records, frames, dials, or several of them with commas'],
      }),
    );
  });
});
