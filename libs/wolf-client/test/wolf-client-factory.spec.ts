import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { localSocketDial, WolfClientFactory } from '@helix/wolf-client';
import { WolfClientModule } from '@helix/wolf-client/nest';
import { simulatedWolfHarness } from './simulated-wolf-harness.js';
import { UnixSocketDialer } from './unix-socket-dialer.js';

describe('the factory of Wolf clients', () => {
  it('reaches a configured instance by its socket and all others through the dialer', async () => {
    const local = await simulatedWolfHarness(localSocketDial);
    const far = await simulatedWolfHarness(localSocketDial);
    const dialer = new UnixSocketDialer(far.wolf.socketPath);
    const factory = new WolfClientFactory({ dialer, localSockets: { near: local.wolf.socketPath } });
    await factory.for('near').listLobbies();
    await factory.for('gpu-2').listLobbies();
    expect([local.requestCount(), far.requestCount()]).toEqual([1, 1]);
    expect(dialer.dialled).toEqual(['wolf-gpu-2']);
    await local.close();
    await far.close();
  });

  it('gives the same client for the same instance and remembers a bounded number', () => {
    const factory = new WolfClientFactory({ dialer: new UnixSocketDialer('/nowhere') });
    const first = factory.for('gpu-0');
    expect(factory.for('gpu-0')).toBe(first);
    for (let index = 1; index < 5000; index += 1) factory.for(`gpu-${index.toString()}`);
    expect(factory.for('gpu-0')).not.toBe(first);
  });

  it.each(['', '../etc', 'a b', 'x'.repeat(200)])('refuses %p as the id of an instance', (id) => {
    const factory = new WolfClientFactory({ dialer: new UnixSocketDialer('/nowhere') });
    expect(thrownBy(() => factory.for(id))).toMatchObject({ code: 'WOLF_INVALID_REQUEST' });
  });

  it('is provided by its Nest module to every module', async () => {
    @Module({
      providers: [
        {
          provide: 'user',
          inject: [WolfClientFactory],
          useFactory: (factory: WolfClientFactory) => factory.for('near'),
        },
      ],
    })
    class Consumer {}
    const module = await Test.createTestingModule({
      imports: [
        WolfClientModule.forRootAsync({
          useFactory: () => ({ dialer: new UnixSocketDialer('/nowhere'), localSockets: { near: '/nowhere' } }),
        }),
        Consumer,
      ],
    }).compile();
    expect(module.get('user')).toBe(module.get(WolfClientFactory).for('near'));
    await module.close();
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
