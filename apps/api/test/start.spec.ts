import { createServer, type Server } from 'node:net';
import { ManagedProcess } from '../../../test/support/managed-process.js';
import { createMigratedDatabase } from '../../../test/support/postgres.js';

/** The built API as a process, for what happens before it serves. */
describe('starting the API', () => {
  const servers: Server[] = [];

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });

  /** A server that takes connections, counts them, and never answers. */
  async function silentServer(onConnection: () => void = () => undefined): Promise<number> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume();
      onConnection();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    return address.port;
  }

  function start(settings: Readonly<Record<string, string>>): ManagedProcess {
    return ManagedProcess.start('apps/api/dist/main.js', [], {
      HOST: '127.0.0.1',
      RUNNER_TOKEN: 'runner-token-of-this-test',
      ...settings,
    });
  }

  it('exits with 0 at once when asked to stop while it waits for its database', async () => {
    let api: ManagedProcess | undefined;
    const asked = new Promise<void>((resolve) => {
      void silentServer(resolve).then((port) => {
        api = start({ DATABASE_URL: `postgres://helix:secret@127.0.0.1:${String(port)}/helix` });
      });
    });
    await asked;
    const startedAt = performance.now();
    expect(await api?.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('ends with exit code 1 and names the address when its port is taken', async () => {
    const port = await silentServer();
    const database = await createMigratedDatabase();
    const api = start({ DATABASE_URL: database.url, PORT: String(port) });
    expect(await api.exit).toEqual({ code: 1, signal: null });
    expect(api.lines.join('\n')).toContain(`address already in use 127.0.0.1:${String(port)}`);
    await database.drop();
  });

  it('names a database URL that is none, at once and without what stands in it', async () => {
    const api = start({ DATABASE_URL: 'postgres://helix:se/cr#et@[::1:x/helix' });
    expect(await api.exit).toEqual({ code: 1, signal: null });
    expect(api.lines.join('\n')).toContain('DATABASE_URL: must be a URL');
    expect(api.lines.join('\n')).not.toContain('se/cr');
  });
});
