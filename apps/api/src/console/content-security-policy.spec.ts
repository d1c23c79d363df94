import { contentSecurityPolicy } from './content-security-policy.js';

function socketsOf(host: string | undefined, serverUrl: string): string | undefined {
  const directives = contentSecurityPolicy(host, serverUrl).split('; ');
  return directives.find((directive) => directive.startsWith('connect-src '));
}

describe('the policy of the viewer page', () => {
  it('lets it open sockets to its own host and to the public one', () => {
    expect(socketsOf('127.0.0.1:8080', 'https://helix.test')).toBe(
      "connect-src 'self' ws://127.0.0.1:8080 wss://127.0.0.1:8080 ws://helix.test wss://helix.test",
    );
    expect(socketsOf('[::1]:8080', 'http://[::1]:8080')).toBe("connect-src 'self' ws://[::1]:8080 wss://[::1]:8080");
  });

  it.each([undefined, '', '*', 'a b', 'a;script-src *', 'a,b', 'a/b', '*.test', "'none'"])(
    'takes no host %j into it',
    (host) => {
      expect(socketsOf(host, 'http://helix.test')).toBe("connect-src 'self' ws://helix.test wss://helix.test");
    },
  );
});
