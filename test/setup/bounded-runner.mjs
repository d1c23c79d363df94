import jestRunner from 'jest-runner';

const TestRunner = jestRunner.default ?? jestRunner;

/** Jest's own runner with a bound of its own on how many files run at once: `runner: [this, { maxWorkers }]` of a project. */
export default class BoundedRunner extends TestRunner {
  constructor(globalConfig, context, { maxWorkers }) {
    super({ ...globalConfig, maxWorkers: Math.min(maxWorkers, globalConfig.maxWorkers) }, context);
  }
}
