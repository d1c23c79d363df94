import { connect, createServer } from 'node:net';

/** Benchmark process: passes TCP connections on and does nothing else. `plain-relay.js <target port>` prints `ready` with its port. */
const targetPort = Number(process.argv[2]);
const server = createServer({ allowHalfOpen: true, noDelay: true }, (accepted) => {
  const onward = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  accepted.pipe(onward).pipe(accepted);
  for (const [one, other] of [
    [accepted, onward],
    [onward, accepted],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroySoon());
  }
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ msg: 'ready', port })}\n`);
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
