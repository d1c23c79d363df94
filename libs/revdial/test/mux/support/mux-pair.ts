import { Multiplexer } from '@helix/revdial';
import type { BytePipe, MultiplexerOptions, MuxRole, MuxStream, StreamClass } from '@helix/revdial';
import { memoryPipePair } from '@helix/revdial/testing';

type End = Omit<MultiplexerOptions, 'role'>;

/** A multiplexer at each end; `opener` is the one that a test opens streams on, and `accepted` what came at the other. */
export class MuxPair {
  readonly accepted: MuxStream[] = [];
  readonly opener: Multiplexer;
  readonly acceptor: Multiplexer;

  constructor(
    pipes: readonly [BytePipe, BytePipe] = memoryPipePair(),
    options: { readonly openerRole?: MuxRole; readonly opener?: End; readonly acceptor?: End } = {},
  ) {
    const openerRole = options.openerRole ?? 'server';
    const [client, server] = pipes;
    this.opener = new Multiplexer(openerRole === 'client' ? client : server, { role: openerRole, ...options.opener });
    this.acceptor = new Multiplexer(openerRole === 'client' ? server : client, {
      role: openerRole === 'client' ? 'server' : 'client',
      onStream: (stream) => {
        this.accepted.push(stream);
        stream.on('error', () => undefined);
      },
      ...options.acceptor,
    });
  }

  /** Opens a stream that may fail at the end of a test. */
  open(streamClass: StreamClass): MuxStream {
    return this.opener.openStream({ class: streamClass }).on('error', () => undefined);
  }

  async end(): Promise<void> {
    this.opener.destroy('done');
    this.acceptor.destroy('done');
    await Promise.all([this.opener.closed, this.acceptor.closed]);
  }
}

/** Answers everything with the same bytes, and ends when its peer ends. */
export function echo(stream: MuxStream): void {
  stream.on('error', () => undefined);
  stream.pipe(stream);
}
