import { ConfigError, readApiConfig } from './api-config.js';

const BASE = { RUNNER_TOKEN: 'runner-token-of-this-test' };
const OIDC = { ...BASE, OIDC_ISSUER: 'https://id.example.com/', OIDC_AUDIENCE: 'helix, other' };

function faultsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    readApiConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map((fault) => fault.split(':')[0] ?? '');
    throw error;
  }
}

describe('the settings of who people are', () => {
  it('keep the issuer as it stands, for it must be equal to what the tokens say', () => {
    expect(readApiConfig(OIDC).oidc).toEqual({
      issuer: 'https://id.example.com/',
      audiences: ['helix', 'other'],
      jwksUrl: undefined,
      userClaim: 'sub',
      admin: undefined,
      allowHttp: false,
    });
    expect(readApiConfig(BASE)).toMatchObject({ oidc: undefined, adminUserSource: 'env', adminUserIds: [] });
    expect(readApiConfig({ ...OIDC, ADMIN_USER_SOURCE: 'jwt' }).oidc?.admin).toEqual({ claim: 'admin' });
  });

  it.each([
    ['every user an admin', { ADMIN_USER_IDS: 'ann,all' }, ['ADMIN_USER_IDS']],
    ['a user id that is none', { ADMIN_USER_IDS: 'a/b' }, ['ADMIN_USER_IDS']],
    ['an issuer without an audience', { OIDC_ISSUER: 'https://id.example.com' }, ['OIDC_AUDIENCE']],
    ['an issuer that is no URL', { ...OIDC, OIDC_ISSUER: 'id.example.com' }, ['OIDC_ISSUER']],
    ['an issuer over http', { ...OIDC, OIDC_ISSUER: 'http://id.example.com' }, ['OIDC_ISSUER']],
    [
      'an issuer whose name only begins like loopback',
      { ...OIDC, OIDC_ISSUER: 'http://127.0.0.1.example.com' },
      ['OIDC_ISSUER'],
    ],
    ['an issuer with a password', { ...OIDC, OIDC_ISSUER: 'https://a:b@id.example.com' }, ['OIDC_ISSUER']],
    ['keys over http', { ...OIDC, OIDC_JWKS_URL: 'http://id.example.com/keys' }, ['OIDC_JWKS_URL']],
    ['an audience without an issuer', { OIDC_AUDIENCE: 'helix' }, ['OIDC_AUDIENCE']],
    ['admins by token without a provider', { ADMIN_USER_SOURCE: 'jwt' }, ['ADMIN_USER_SOURCE']],
    ['admins by token and by list', { ...OIDC, ADMIN_USER_SOURCE: 'jwt', ADMIN_USER_IDS: 'ann' }, ['ADMIN_USER_IDS']],
    ['a claim that is never read', { ...OIDC, OIDC_ADMIN_CLAIM: 'roles' }, ['OIDC_ADMIN_CLAIM']],
    ['several at once', { PORT: 'x', ADMIN_USER_SOURCE: 'jwt' }, ['PORT', 'ADMIN_USER_SOURCE']],
  ])('refuse %s', (_, settings, faults) => {
    expect(faultsOf({ ...BASE, ...settings })).toEqual(faults);
  });

  it.each(['http://localhost:8080/realms/x', 'http://127.0.0.1:9', 'http://[::1]:9'])('take %s', (OIDC_ISSUER) => {
    expect(faultsOf({ ...OIDC, OIDC_ISSUER })).toEqual([]);
  });

  it('take http elsewhere when the operator insists', () => {
    expect(faultsOf({ ...OIDC, OIDC_ISSUER: 'http://keycloak:8080/realms/x', OIDC_ALLOW_HTTP: 'true' })).toEqual([]);
  });
});
