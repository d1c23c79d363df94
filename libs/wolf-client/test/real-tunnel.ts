import { runnerIdOf, type ConnectionManager } from '@helix/revdial';
import { TestGateway, TestRunner, type TestRunnerOptions } from '@helix/revdial/testing';

/** Both real ends of the tunnel in this process, leading to one Unix socket. Resolves when the link stands. */
export async function startRealTunnel(
  socketPath: string,
  wolfInstanceId: string,
  generation: NonNullable<TestRunnerOptions['generation']>,
): Promise<{ readonly connections: ConnectionManager; close(): Promise<void> }> {
  const gateway = new TestGateway({ graceMs: 1_000 });
  await gateway.start();
  const runner = await TestRunner.connect({
    api: gateway.url,
    runnerId: runnerIdOf('wolf', wolfInstanceId),
    token: 'runner-token',
    service: { kind: 'unix', path: socketPath },
    generation,
  });
  return {
    connections: gateway.connections,
    async close() {
      await runner.close();
      await gateway.close();
    },
  };
}
