import 'reflect-metadata';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RevDialGateway, RunnerDialer, RunnerHttpPool, runnerIdOf, RunnerPresence } from '@helix/revdial';
import type {} from '@helix/revdial';
import { attachRevDialGateway, RevDialModule } from '@helix/revdial/nest';
import { RawRunner } from './support/raw-runner.js';
import { answer, RawService } from './support/raw-service.js';
import { authorizer, RUNNER_TOKEN } from './support/replica.js';

@Injectable()
class Authorization {
  readonly authorizer = authorizer;
}

@Module({ providers: [Authorization], exports: [Authorization] })
class AuthorizationModule {}

@Module({
  imports: [
    RevDialModule.forRootAsync({
      imports: [AuthorizationModule],
      inject: [Authorization],
      useFactory: (authorization: Authorization) => ({
        authorizer: authorization.authorizer,
        options: { connections: { graceMs: 100 }, shutdownGraceMs: 100 },
      }),
    }),
  ],
})
class AppModule {}

describe('RevDialModule', () => {
  it.each([1, 2] as const)('serves a runner of generation %i, and lets the application close', async (generation) => {
    const service = await RawService.start((_head, socket) => socket.write(answer('hello')));
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    const server = createServer((_request, response) => response.end());
    attachRevDialGateway(server, app.get(RevDialGateway));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');

    const runner = await RawRunner.connect({
      generation,
      port: (server.address() as AddressInfo).port,
      runnerId: 'wolf-nest',
      token: RUNNER_TOKEN,
      servicePort: service.port,
    });
    const http = app.get(RunnerHttpPool);
    const response = await http.request(runnerIdOf('wolf', 'nest'), { method: 'GET', path: '/' });
    expect(await text(response.body)).toBe('hello');

    expect(app.get(RunnerPresence).isConnected(runnerIdOf('wolf', 'nest'))).toBe(true);
    (await app.get(RunnerDialer).dial(runnerIdOf('wolf', 'nest'))).destroy();
    const ended = once(runner, 'end');
    await app.close();
    await ended;
    expect(app.get(RunnerPresence).list()).toEqual([]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    runner.kill();
    await service.close();
  });
});
