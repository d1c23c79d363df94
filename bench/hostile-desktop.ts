import { createServer } from 'node:http';

/**
 * Benchmark process: a desktop's service whose every answer is meant to hurt. `POST /next?kind=<kind>` says which one comes next. Prints
 * `ready` with its port.
 */
const MIB = 1024 * 1024;

/** What it answers to whatever it is asked. */
const ANSWERS: Readonly<Record<string, () => Buffer>> = {
  clipboard: () => Buffer.from('{"type":"text","data":"copied"}'),
  brackets: () => Buffer.alloc(15 * MIB, '['),
  'long text of emoji': () => wrapped('{"type":"text","data":"', '😀', 15 * MIB, '"}'),
  'long text of escapes': () => wrapped('{"type":"text","data":"', '\\u0041', 15 * MIB, '"}'),
  'many keys': () => Buffer.from(`{"type":"text","data":"",${keys(500_000)}}`),
  'long output': () => wrapped('{"success":true,"exit_code":0,"output":"', 'é\\n', 15 * MIB, '"}'),
  'a log of JSON lines': () =>
    wrapped('', `{"t":"2026-01-01T00:00:00Z","line":"${'x'.repeat(2_900)}"}\n`, 14 * MIB, ''),
  'a log of brackets': () => wrapped('', `{"line":${'['.repeat(15_000)}\n`, 14 * MIB, ''),
};

let next: Buffer = Buffer.from('{}');
const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://desktop');
  request.resume();
  if (url.pathname === '/next') {
    next = ANSWERS[url.searchParams.get('kind') ?? '']?.() ?? Buffer.from('{}');
    response.writeHead(204).end();
    return;
  }
  const type = url.pathname === '/logs' ? 'text/plain' : 'application/json';
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': next.length }).end(next);
});

function wrapped(before: string, unit: string, byteCount: number, after: string): Buffer {
  const count = Math.floor(byteCount / Buffer.byteLength(unit));
  return Buffer.concat([Buffer.from(before), Buffer.alloc(count * Buffer.byteLength(unit), unit), Buffer.from(after)]);
}

function keys(count: number): string {
  return Array.from({ length: count }, (_, at) => `"k${String(at)}":1`).join();
}

server.keepAliveTimeout = 0;
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ msg: 'ready', port })}\n`);
});
