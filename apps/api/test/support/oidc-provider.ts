import { createServer, type Server, type ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

export const AUDIENCE = 'helix';

interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** A small OIDC provider on loopback: discovery, keys, and tokens signed with them. */
export class OidcProvider {
  readonly issuer: string;
  /** Paths asked for, in their order. */
  readonly asked: string[] = [];
  /** What it does when it is asked. */
  mode: 'open' | 'failing' | 'silent' | 'endless' = 'open';
  #current: SigningKey | undefined;
  #published: readonly SigningKey[] = [];
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.issuer = `http://127.0.0.1:${String(port)}/realms/helix`;
    server.on('request', (request, response) => {
      this.asked.push(request.url ?? '');
      this.#answer(request.url ?? '', response);
    });
  }

  static async start(): Promise<OidcProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no address');
    const provider = new OidcProvider(server, address.port);
    await provider.rotate('first');
    return provider;
  }

  get publicKey(): JWK {
    return this.#signing.jwk;
  }

  /** Signs with a new key from now on; `isPublished` false: without publishing it. */
  async rotate(kid: string, alg = 'ES256', isPublished = true): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const key = { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
    this.#current = key;
    if (isPublished) this.#published = [key];
  }

  /** A token for `ann` that counts for an hour, but for what is said otherwise; `undefined` leaves a claim out. */
  async token(claims: Readonly<Record<string, unknown>> = {}, header: { readonly kid?: string } = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const all = { iss: this.issuer, aud: AUDIENCE, sub: 'ann', iat: now, exp: now + 3_600, ...claims };
    const { kid, alg, privateKey } = this.#signing;
    return await new SignJWT(JSON.parse(JSON.stringify(all)) as JWTPayload)
      .setProtectedHeader({ kid, alg, ...header })
      .sign(privateKey);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get #signing(): SigningKey {
    if (this.#current === undefined) throw new Error('the provider has no key');
    return this.#current;
  }

  #answer(path: string, response: ServerResponse): void {
    if (this.mode === 'silent') return;
    if (this.mode === 'failing') {
      response.writeHead(500).end();
      return;
    }
    if (this.mode === 'endless') {
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
      };
      response.on('drain', more);
      more();
      return;
    }
    const json =
      path === '/realms/helix/.well-known/openid-configuration'
        ? { issuer: this.issuer, jwks_uri: `${this.issuer}/keys` }
        : { keys: this.#published.map(({ jwk }) => jwk) };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  }
}
