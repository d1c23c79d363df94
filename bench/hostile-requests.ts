import { connect } from 'node:net';
import { brotliCompressSync } from 'node:zlib';

/** Where an input goes, and as whom. */
export interface HostileTarget {
  readonly apiUrl: string;
  readonly userKey: string;
  readonly runnerToken: string;
  readonly sessionId: string;
}

/** What was answered, each status once; 0 for a connection that was cut. */
export type Statuses = readonly number[];

export interface HostileRequest {
  /** What the desktop answers meanwhile, where the input is an answer of it. */
  readonly desktop?: string;
  readonly send: (target: HostileTarget) => Promise<Statuses>;
}

const MIB = 1024 * 1024;
const AGENTS = '/api/v1/external-agents';

/** Inputs by who sends them. Each is one that held up the event loop, or was made to. */
export const HOSTILE_REQUESTS: Readonly<Record<string, HostileRequest>> = {
  'stranger: 30 brotli bodies of 19 bytes': {
    send: (at) => {
      const body = brotliCompressSync(Buffer.from('['.repeat(500_000) + ']'.repeat(500_000)));
      return many(30, () => post(at, AGENTS, body, null, { 'content-encoding': 'br' }));
    },
  },
  'stranger: 8 bodies of 20 MiB for a clipboard': {
    send: (at) => many(8, () => post(at, clipboardOf(at), Buffer.alloc(20 * MIB, '['), null)),
  },
  'stranger: 500 unknown keys': {
    send: (at) => many(500, (index) => get(at, '/api/v1/status', `hl-guess-${String(index)}`)),
  },
  'stranger: 500 tokens of 8 KB that look like JWT': {
    send: (at) => many(500, (index) => get(at, '/api/v1/status', `${'e'.repeat(8_000)}.${String(index)}.x`)),
  },
  'stranger: 300 times 17 KB of cookies': {
    send: (at) => many(300, () => get(at, '/api/v1/status', null, { cookie: 'x'.repeat(17_000) })),
  },
  'stranger: cookies in 5000 pieces, 100 times': {
    send: (at) => many(100, () => get(at, '/api/v1/status', null, { cookie: 'a=;'.repeat(5_000) })),
  },
  'stranger: 2000 requests sent ahead on one connection': {
    send: (at) => raw(at, 'GET /api/v1/status HTTP/1.1\r\nHost: api\r\n\r\n'.repeat(2_000)),
  },
  'stranger: 300 connections with bytes that are no HTTP': {
    send: (at) => many(300, async () => (await raw(at, '\0'.repeat(1_000)))[0] ?? 0),
  },
  'stranger: 300 upgrades with unknown keys': {
    send: (at) =>
      many(300, async (index) => {
        const upgrade = 'Connection: upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer hl-';
        return (
          (await raw(at, `GET /api/v1/ws/user HTTP/1.1\r\nHost: api\r\n${upgrade}${String(index)}\r\n\r\n`))[0] ?? 0
        );
      }),
  },
  'user: 70 000 unknown keys': {
    send: (at) => many(4, () => post(at, '/api/v1/api_keys', `{"name":"${'x'.repeat(201)}",${keys(70_000)}}`)),
  },
  'user: 500 unknown keys, 100 times': {
    send: (at) => many(100, () => post(at, AGENTS, `{"name":1,${keys(500)}}`)),
  },
  'user: a list of 4000 faults, 50 times': {
    send: (at) => many(50, () => post(at, AGENTS, `{"env":[${'1,'.repeat(4_000)}1]}`)),
  },
  'user: a megabyte of brackets': { send: (at) => many(8, () => post(at, AGENTS, '['.repeat(MIB - 10))) },
  'user: a prompt of a megabyte of emoji': {
    send: (at) => many(4, () => post(at, AGENTS, `{"name":1,"input":"${'😀'.repeat(MIB / 4 - 20)}"}`)),
  },
  'user: a prompt of a megabyte of escapes': {
    send: (at) => many(4, () => post(at, AGENTS, `{"name":1,"input":"${'\\ud83d\\ude00'.repeat(80_000)}"}`)),
  },
  'user: 1000 parameters in a query, 50 times': {
    send: (at) => many(50, () => get(at, `/api/v1/sessions?${'a[b]=c&'.repeat(1_000)}`, at.userKey)),
  },
  'user: a clipboard of 20 MiB of brackets': {
    send: (at) => many(2, () => post(at, clipboardOf(at), Buffer.alloc(20 * MIB, '['))),
  },
  'user: a clipboard of 20 MiB of emoji': {
    desktop: 'clipboard',
    send: (at) => many(2, () => post(at, clipboardOf(at), clipboard('😀'))),
  },
  'user: a clipboard of 20 MiB of quotes': {
    desktop: 'clipboard',
    send: (at) => many(2, () => post(at, clipboardOf(at), clipboard('\\"'))),
  },
  'user: a clipboard of a million keys': {
    send: (at) => many(2, () => post(at, clipboardOf(at), `{"type":"text","data":"",${keys(1_000_000)}}`)),
  },
  'host: a heartbeat of 8000 keys, 20 times': {
    send: (at) =>
      many(20, () => {
        const containers = Array.from(
          { length: 2_000 },
          (_, index) => `{"container_id":"${String(index)}","size_bytes":1}`,
        );
        return post(at, heartbeatOf, `{"container_usage":[${containers.join()}]}`, at.runnerToken);
      }),
  },
  'host: a heartbeat of 256 KiB of brackets, 20 times': {
    send: (at) => many(20, () => post(at, heartbeatOf, '['.repeat(256 * 1024), at.runnerToken)),
  },
  'desktop: a clipboard of brackets': {
    desktop: 'brackets',
    send: (at) => many(2, () => get(at, clipboardOf(at), at.userKey)),
  },
  'desktop: a clipboard of emoji': {
    desktop: 'long text of emoji',
    send: (at) => many(2, () => get(at, clipboardOf(at), at.userKey)),
  },
  'desktop: a clipboard of escapes': {
    desktop: 'long text of escapes',
    send: (at) => many(2, () => get(at, clipboardOf(at), at.userKey)),
  },
  'desktop: a clipboard of half a million keys': {
    desktop: 'many keys',
    send: (at) => many(2, () => get(at, clipboardOf(at), at.userKey)),
  },
  'desktop: 15 MiB of output': { desktop: 'long output', send: (at) => many(2, () => exec(at)) },
  'desktop: output of brackets': { desktop: 'brackets', send: (at) => many(2, () => exec(at)) },
  'desktop: a log of 14 MiB in JSON': {
    desktop: 'a log of JSON lines',
    send: (at) => many(2, () => get(at, `${AGENTS}/${at.sessionId}/logs?lines=5000`, at.userKey)),
  },
  'desktop: a log of 14 MiB of brackets': {
    desktop: 'a log of brackets',
    send: (at) => many(2, () => get(at, `${AGENTS}/${at.sessionId}/logs?lines=5000`, at.userKey)),
  },
  'desktop: facts of itself of brackets': {
    desktop: 'brackets',
    send: (at) => many(2, () => get(at, `${AGENTS}/${at.sessionId}/stats`, at.userKey)),
  },
};

const heartbeatOf = '/api/v1/sandboxes/bench/heartbeat';

function clipboardOf({ sessionId }: HostileTarget): string {
  return `${AGENTS}/${sessionId}/clipboard`;
}

function clipboard(unit: string): Buffer {
  const count = Math.floor((20 * MIB - 100) / Buffer.byteLength(unit));
  const data = Buffer.alloc(count * Buffer.byteLength(unit), unit);
  return Buffer.concat([Buffer.from('{"type":"text","data":"'), data, Buffer.from('"}')]);
}

function keys(count: number): string {
  return Array.from({ length: count }, (_, at) => `"k${String(at)}":1`).join();
}

function exec(at: HostileTarget): Promise<number> {
  return post(at, `${AGENTS}/${at.sessionId}/exec`, '{"command":["x"]}');
}

function get(
  { apiUrl }: HostileTarget,
  path: string,
  token: string | null,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  return statusOf(apiUrl + path, { headers: { ...bearer(token), ...headers } });
}

function post(
  target: HostileTarget,
  path: string,
  body: string | Buffer,
  token: string | null = target.userKey,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  return statusOf(target.apiUrl + path, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...bearer(token), ...headers },
  });
}

async function statusOf(url: string, init: RequestInit): Promise<number> {
  try {
    const response = await fetch(url, init);
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

function bearer(token: string | null): Readonly<Record<string, string>> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

async function many(count: number, send: (index: number) => Promise<number>): Promise<Statuses> {
  const statuses = await Promise.all(Array.from({ length: count }, (_, index) => send(index)));
  return [...new Set(statuses)].sort((one, other) => one - other);
}

/** The status of each answer to these bytes, as far as they come within a moment. */
function raw({ apiUrl }: HostileTarget, bytes: string): Promise<Statuses> {
  const { hostname, port } = new URL(apiUrl);
  return new Promise((resolve) => {
    const found = new Set<number>();
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on('data', (piece: Buffer) => {
      for (const [, status] of piece.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3})/g)) found.add(Number(status));
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      resolve([...found]);
    });
  });
}
