import { readFileSync } from 'node:fs';

import { parseSimulatorOptions, simulatorHelp } from './simulator-options.js';

describe('the options of the simulator', () => {
  it('make a host by itself when nothing is given', () => {
    expect(parseSimulatorOptions([], { HELIX_API_URL: '' })).toMatchObject({
      apiUrl: undefined,
      instanceId: 'local',
      maxSandboxes: 10,
      era: 'jan26',
      desktops: 'process',
      moonlight: 'none',
      relay: true,
      wolfFaults: {
        createDelayMs: 0,
        createTimesOutLeavingLobby: false,
        canCreatePipelines: true,
        stuckThreadCount: 0,
      },
      diskUsedPercent: undefined,
    });
  });

  it('come from the environment', () => {
    const env = {
      HELIX_API_URL: 'http://api:8080',
      WOLF_INSTANCE_ID: 'older-name',
      SANDBOX_INSTANCE_ID: 'gpu-1',
      RUNNER_TOKEN: 'secret',
      MAX_SANDBOXES: '3',
      SIM_CREATE_TIMES_OUT: 'true',
      MOONLIGHT_CREDENTIALS: 's3cret',
      SIM_MOONLIGHT_DIALECT: 'H',
      SIM_CUT_LINK_EVERY_S: '2.5',
      SIM_ENCODER_SESSIONS: '8',
      SIM_DISK_USED_PERCENT: '96.5',
    };
    expect(parseSimulatorOptions([], env)).toMatchObject({
      apiUrl: 'http://api:8080',
      instanceId: 'gpu-1',
      runnerToken: 'secret',
      maxSandboxes: 3,
      wolfFaults: { createTimesOutLeavingLobby: true, encoderSessionCount: 8 },
      diskUsedPercent: 96.5,
      moonlight: 'webrtc',
      moonlightDialect: 'H',
      moonlightCredentials: 's3cret',
      cutLinkEveryS: 2.5,
    });
  });

  it('come from flags before the environment', () => {
    const args = [
      '--instance-id',
      'gpu-2',
      '--era',
      'nov25',
      '--dead-screenshot-server',
      '--slow-create=250',
      '--stuck-threads=3',
      '--no-pipelines',
      '--silent-wolf',
      '--gpu-stats=all-zero',
      '--gpu-memory=16380',
      '--no-relay',
    ];
    expect(parseSimulatorOptions(args, { SANDBOX_INSTANCE_ID: 'gpu-1' })).toMatchObject({
      instanceId: 'gpu-2',
      era: 'nov25',
      deadScreenshotServer: true,
      wolfFaults: {
        createDelayMs: 250,
        stuckThreadCount: 3,
        canCreatePipelines: false,
        answer: { kind: 'silent' },
        gpuStats: 'all-zero',
        videoMemoryTotalMb: 16_380,
      },
      relay: false,
    });
  });

  it('are refused with every fault at once, by name and not by value', () => {
    const args = [
      '--api-url=ftp://secret',
      '--era=bronze',
      '--max-sandboxes=many',
      '--control-port=99999',
      '--instance-id=a/b',
    ];
    const refusal = (): unknown => parseSimulatorOptions(args, { RUNNER_TOKEN: '' });
    expect(refusal).toThrow(
      [
        '--api-url is no http(s) URL',
        '--runner-token or RUNNER_TOKEN is missing',
        '--instance-id is no instance id',
        '--max-sandboxes is not a number up to 10000',
        '--era is none of u24, nov25, dec25, jan26-required-mode, jan26',
        '--control-port is not a number up to 65535',
      ].join('\n'),
    );
    expect(() => parseSimulatorOptions(['--nonsense'], {})).toThrow("'--nonsense'");
  });

  it('are all in the help, each with its variable', () => {
    const source = readFileSync(new URL('simulator-options.ts', import.meta.url), 'utf8');
    const variables = [...source.matchAll(/'(SIM_[A-Z_]+)'/g)].map(([, name = '']) => name);
    expect(variables.length).toBeGreaterThan(20);
    for (const name of variables) expect(simulatorHelp()).toContain(name);
  });
});
