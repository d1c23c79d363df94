import { chooseProxy } from './proxy-settings.js';
import { parseServerAddress } from './server-address.js';

function choose(url: string, environment: Record<string, string>): ReturnType<typeof chooseProxy> {
  const server = parseServerAddress(url);
  if (server === undefined) throw new Error('bad URL');
  return chooseProxy(server, environment);
}

describe('the choice of a proxy', () => {
  it('goes directly when no variable speaks of the scheme', () => {
    expect(choose('https://api.example', { HTTP_PROXY: 'http://p:3128' })).toEqual({ kind: 'direct' });
    expect(choose('https://api.example', { HTTPS_PROXY: '' })).toEqual({ kind: 'direct' });
  });

  it.each([
    ['https://api.example', { HTTPS_PROXY: 'http://p:3128' }, 'HTTPS_PROXY'],
    ['http://api.example', { HTTP_PROXY: 'http://p:3128' }, 'HTTP_PROXY'],
    ['http://api.example', { ALL_PROXY: 'http://p:3128', HTTPS_PROXY: 'http://q:1' }, 'ALL_PROXY'],
    ['https://api.example', { HTTPS_PROXY: 'http://q:1', https_proxy: 'p:3128' }, 'https_proxy'],
  ])('takes for %s of %j the one in %s', (url, environment, variable) => {
    const proxy = { tls: false, host: 'p', port: 3128, authorization: undefined };
    expect(choose(url, environment)).toEqual({ kind: 'proxy', proxy, variable });
  });

  it('knows https proxies and credentials', () => {
    expect(choose('https://api.example', { ALL_PROXY: 'https://u%3A:p%25@proxy.example' })).toMatchObject({
      proxy: {
        tls: true,
        host: 'proxy.example',
        port: 443,
        authorization: `Basic ${Buffer.from('u::p%').toString('base64')}`,
      },
    });
  });

  it.each(['socks5://p:1080', 'http://'])('names the variable, not the value, of %s', (value) => {
    expect(choose('https://api.example', { ALL_PROXY: value })).toEqual({
      kind: 'fault',
      variable: 'ALL_PROXY',
      problem: 'is not the URL of an http or https proxy',
    });
  });

  it.each([
    ['http://localhost:80', ''],
    ['http://127.8.9.1', ''],
    ['http://[::1]:80', ''],
    ['http://api.example', '*'],
    ['http://api.example', 'other, api.example'],
    ['http://api.example', '.example'],
    ['http://api.example', 'example'],
    ['http://api.example', '*.example'],
    ['http://API.example', 'Example'],
    ['http://api.example:81', 'api.example:81'],
    ['http://10.1.2.3', '10.0.0.0/8'],
    ['http://[fd00::1]', 'fd00::/8'],
    ['http://10.1.2.3', '10.1.2.3'],
  ])('goes to %s directly with NO_PROXY=%s', (url, exceptions) => {
    expect(choose(url, { ALL_PROXY: 'http://p:3128', NO_PROXY: exceptions })).toEqual({ kind: 'direct' });
  });

  it.each([
    ['http://notexample', 'example'],
    ['http://api.example:80', 'api.example:81'],
    ['http://11.1.2.3', '10.0.0.0/8'],
    ['http://10.1.2.3', '10.0.0.0/99'],
    ['http://api.example', '10.0.0.0/8'],
  ])('asks the proxy for %s with NO_PROXY=%s', (url, exceptions) => {
    expect(choose(url, { ALL_PROXY: 'http://p:3128', no_proxy: exceptions }).kind).toBe('proxy');
  });
});
