import { describeLocalAddress, parseLocalAddress } from './local-address.js';

describe('a local address', () => {
  it.each([
    ['127.0.0.1:8080', { kind: 'tcp', host: '127.0.0.1', port: 8080 }, '127.0.0.1:8080'],
    ['localhost:9876', { kind: 'tcp', host: 'localhost', port: 9876 }, 'localhost:9876'],
    [':9876', { kind: 'tcp', host: 'localhost', port: 9876 }, 'localhost:9876'],
    ['[::1]:80', { kind: 'tcp', host: '::1', port: 80 }, '[::1]:80'],
    [
      'unix:///var/run/wolf/wolf.sock',
      { kind: 'unix', path: '/var/run/wolf/wolf.sock' },
      'unix:///var/run/wolf/wolf.sock',
    ],
  ])('understands %s', (text, address, described) => {
    const parsed = parseLocalAddress(text);
    expect(parsed).toEqual(address);
    expect(parsed && describeLocalAddress(parsed)).toBe(described);
  });

  it.each([
    '',
    'localhost',
    'localhost:0',
    'localhost:70000',
    'unix://relative.sock',
    'unix:///',
    'http://a:1',
    '::1:80',
    'a b:1',
  ])('refuses %j', (text) => {
    expect(parseLocalAddress(text)).toBeUndefined();
  });
});
