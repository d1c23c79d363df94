import { once } from 'node:events';
import { TLSSocket } from 'node:tls';
import { chooseProxy, isConnectError, parseServerAddress } from '@helix/revdial';
import type { ConnectErrorCode, ProxyAddress } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { ApiDouble, fixture } from './support/api-double.js';
import { ConnectProxy } from './support/connect-proxy.js';
import { LocalService, unusedPort } from './support/local-service.js';
import { connectorTo, startTunnel } from './support/start-tunnel.js';

const signal = new AbortController().signal;
const AUTHORITY = fixture('test-authority.pem');
const trusted = (): Promise<string[]> => Promise.resolve([AUTHORITY]);

async function failure(connecting: Promise<unknown>): Promise<ConnectErrorCode | undefined> {
  const error: unknown = await connecting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return isConnectError(error) ? error.code : undefined;
}

function proxyFor(url: string, value: string): () => ProxyAddress {
  const server = parseServerAddress(url);
  const choice = server === undefined ? undefined : chooseProxy(server, { ALL_PROXY: value });
  if (choice?.kind !== 'proxy') throw new Error('the test gave a bad proxy');
  return () => choice.proxy;
}

describe('connecting with TLS', () => {
  let api: ApiDouble;

  afterEach(async () => {
    await api.close();
  });

  it.each(['hijack', 'websocket'] as const)(
    'serves a whole tunnel over %s with a custom authority',
    async (transport) => {
      api = await ApiDouble.start({ certificate: 'test-server.pem' });
      const service = await LocalService.start();
      const connector = connectorTo(api.url, { certificateAuthorities: trusted });
      const { tunnel } = startTunnel(api.url, service.address, { connector, transport });
      await eventually(() => expect(tunnel.state).toBe('connected'));
      const websocket = await api.dial();
      websocket.send(Buffer.from('hello'));
      const [echoed] = (await once(websocket, 'message')) as [Buffer];
      expect(echoed.toString()).toBe('hello');
      tunnel.destroy();
      await service.close();
    },
  );

  it('does not trust an authority it was not told of', async () => {
    api = await ApiDouble.start({ certificate: 'test-server.pem' });
    expect(await failure(connectorTo(api.url).connect(signal, 2_000))).toBe('TLS_FAILED');
  });

  it('asks for its authorities before each connection, and keeps the latest that were good', async () => {
    api = await ApiDouble.start({ certificate: 'test-server.pem' });
    let read: () => Promise<string[]> = () => Promise.reject(new Error('not there yet'));
    const connector = connectorTo(api.url, { certificateAuthorities: () => read() });
    expect(await failure(connector.connect(signal, 2_000))).toBe('TLS_FAILED');
    read = () => Promise.resolve(['-----BEGIN CERTIFICATE-----\nhalf of it']);
    expect(await failure(connector.connect(signal, 2_000))).toBe('TLS_FAILED');
    read = trusted;
    (await connector.connect(signal, 2_000)).destroy();
    read = () => Promise.reject(new Error('being replaced'));
    (await connector.connect(signal, 2_000)).destroy();
    read = () => Promise.resolve([]);
    expect(await failure(connector.connect(signal, 2_000))).toBe('TLS_FAILED');
  });

  it('asks for its proxy before each connection', async () => {
    api = await ApiDouble.start({ certificate: 'test-server.pem' });
    const proxy = await ConnectProxy.start(api.port);
    const url = 'https://api.example.test';
    let choose = proxyFor(url, 'http://127.0.0.1:9');
    const connector = connectorTo(url, { certificateAuthorities: trusted, proxy: () => choose() });
    expect(await failure(connector.connect(signal, 2_000))).toBe('UNREACHABLE');
    choose = proxyFor(url, `http://127.0.0.1:${String(proxy.port)}`);
    (await connector.connect(signal, 2_000)).destroy();
    await proxy.close();
  });

  it('checks the certificate against the name of the URL, or the one it was given', async () => {
    api = await ApiDouble.start({ certificate: 'test-server-other-name.pem' });
    const options = { certificateAuthorities: trusted };
    expect(await failure(connectorTo(api.url, options).connect(signal, 2_000))).toBe('TLS_FAILED');
    const named = connectorTo(api.url, { ...options, serverName: 'other.example.test' });
    const socket = await named.connect(signal, 2_000);
    expect(socket).toBeInstanceOf(TLSSocket);
    socket.destroy();
  });

  it('goes through a proxy, which resolves the name and gets the credentials', async () => {
    api = await ApiDouble.start({ certificate: 'test-server.pem' });
    const proxy = await ConnectProxy.start(api.port);
    const url = 'https://api.example.test';
    const connector = connectorTo(url, {
      certificateAuthorities: trusted,
      proxy: proxyFor(url, `http://user:p%40ss@127.0.0.1:${String(proxy.port)}`),
    });
    const { tunnel, logger } = startTunnel(url, { kind: 'tcp', host: '127.0.0.1', port: 9 }, { connector });
    await eventually(() => expect(tunnel.state).toBe('connected'));
    expect(proxy.requests).toEqual([
      { target: 'api.example.test:443', authorization: `Basic ${Buffer.from('user:p@ss').toString('base64')}` },
    ]);
    expect(JSON.stringify(logger.lines)).not.toContain('p@ss');
    tunnel.destroy();
    await proxy.close();
  });
});

describe('connecting without TLS', () => {
  it.each(['hijack', 'websocket'] as const)('goes through a proxy over %s', async (transport) => {
    const api = await ApiDouble.start();
    const proxy = await ConnectProxy.start(api.port);
    const url = 'http://api.example.test:8080/base';
    const connector = connectorTo(url, { proxy: proxyFor(url, `127.0.0.1:${String(proxy.port)}`) });
    const { tunnel } = startTunnel(url, { kind: 'tcp', host: '127.0.0.1', port: 9 }, { connector, transport });
    await eventually(() => expect(tunnel.state).toBe('connected'));
    expect(proxy.requests).toEqual([{ target: 'api.example.test:8080', authorization: undefined }]);
    expect(api.control.request.headers.host).toBe('api.example.test:8080');
    tunnel.destroy();
    await proxy.close();
    await api.close();
  });

  it('says when the proxy refuses', async () => {
    const proxy = await ConnectProxy.start(9);
    proxy.status = 407;
    const url = 'http://api.example.test';
    const connector = connectorTo(url, { proxy: proxyFor(url, `http://127.0.0.1:${String(proxy.port)}`) });
    expect(await failure(connector.connect(signal, 2_000))).toBe('PROXY_REFUSED');
    await proxy.close();
  });

  it('rejects when the port is closed, and when there is no answer in time', async () => {
    const port = await unusedPort();
    expect(await failure(connectorTo(`http://127.0.0.1:${String(port)}`).connect(signal, 2_000))).toBe('UNREACHABLE');
    // TCP connects; TLS is never answered.
    const mute = await LocalService.start(() => undefined);
    if (mute.address.kind !== 'tcp') throw new Error('not TCP');
    const connector = connectorTo(`https://127.0.0.1:${String(mute.address.port)}`);
    expect(await failure(connector.connect(signal, 100))).toBe('UNREACHABLE');
    await mute.close();
  });

  it('gives up when told so, and leaves no socket behind', async () => {
    const mute = await LocalService.start(() => undefined);
    if (mute.address.kind !== 'tcp') throw new Error('not TCP');
    const connector = connectorTo(`https://127.0.0.1:${String(mute.address.port)}`);
    const stop = new AbortController();
    const connecting = connector.connect(stop.signal, 5_000);
    await eventually(() => expect(mute.connections).toHaveLength(1));
    stop.abort(new Error('enough'));
    await expect(connecting).rejects.toThrow('enough');
    mute.connections[0]?.resume();
    await eventually(() => expect(mute.connections[0]).toMatchObject({ readableEnded: true }));
    await mute.close();
  });
});
