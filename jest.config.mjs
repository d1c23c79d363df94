/** For every test, of whatever class. Tests run on the TypeScript sources (the `source` export condition). */
const common = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  globalSetup: '<rootDir>/test/setup/start-postgres.mjs',
  globalTeardown: '<rootDir>/test/setup/stop-postgres.mjs',
};

/** How many files of a class run at once. */
const atMost = (maxWorkers) => ['<rootDir>/test/setup/bounded-runner.mjs', { maxWorkers }];

/**
 * One configuration for every package. test/e2e runs the built processes. Run through `npm test`, which installs, builds and passes
 * --experimental-vm-modules, without which Jest cannot load ES modules.
 *
 * End-to-end tests come first and keep two cores busy by twos; of the others most of the time is waiting for what takes real time.
 *
 * @type {import('jest').Config}
 */
export default {
  projects: [
    { ...common, testMatch: ['<rootDir>/test/e2e/*.spec.ts'], runner: atMost(2) },
    {
      ...common,
      testMatch: [
        '<rootDir>/{libs,apps}/*/{src,test}/**/*.spec.ts',
        '<rootDir>/bench/*.spec.ts',
        '<rootDir>/test/!(e2e)/**/*.spec.ts',
      ],
      runner: atMost(3),
    },
  ],
  testSequencer: '<rootDir>/test/setup/end-to-end-first.mjs',
  maxWorkers: 3,
  testTimeout: 30_000,
  // A worker keeps something of each file's ES modules; one of gigabytes spends its time collecting garbage.
  workerIdleMemoryLimit: '1GB',
};
