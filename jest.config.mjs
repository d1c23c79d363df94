/**
 * One configuration for every package. Tests run on the TypeScript sources (the `source` export condition);
 * test/e2e runs the built processes. Run through `npm test`, which installs, builds and passes
 * --experimental-vm-modules, without which Jest cannot load ES modules.
 *
 * @type {import('jest').Config}
 */
export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  testMatch: [
    '<rootDir>/{libs,apps}/*/{src,test}/**/*.spec.ts',
    '<rootDir>/bench/*.spec.ts',
    '<rootDir>/test/**/*.spec.ts',
  ],
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
  testSequencer: '<rootDir>/test/setup/end-to-end-first.mjs',
  maxWorkers: 2,
  // A worker keeps something of each file's ES modules; one of gigabytes spends its time collecting garbage.
  workerIdleMemoryLimit: '1GB',
  testTimeout: 30_000,
};
