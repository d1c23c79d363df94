import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import type { MoonlightCore } from './moonlight-core.js';

const PIN = '4821';

/** `POST /api/pair`: two values of JSON in two chunks whose borders are all that parts them (moonlight-web §1.1). */
export class PairAnswer {
  readonly #core: MoonlightCore;
  readonly #closing = new AbortController();

  constructor(core: MoonlightCore) {
    this.#core = core;
  }

  async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { host, faults } = this.#core;
    if (host.isPaired) {
      res.writeHead(304).end();
      return;
    }
    res.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    if (faults.pairFails === 'InternalServerError') {
      res.end('"InternalServerError"');
      return;
    }
    res.write(JSON.stringify({ Pin: PIN }));
    const gone = new AbortController();
    req.socket.once('close', () => {
      gone.abort();
    });
    const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
    await delay(faults.pairDelayMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    if (faults.pairFails === 'PairError') res.end('"PairError"');
    else if (faults.pairFails === 'ends-early') res.end();
    else {
      host.isPaired = true;
      res.end(`\n${JSON.stringify({ Paired: this.detailedHost() })}`);
    }
  }

  close(): void {
    this.#closing.abort();
  }

  detailedHost(): unknown {
    const { host } = this.#core;
    return {
      host_id: host.id,
      name: 'wolf',
      paired: host.isPaired ? 'Paired' : 'NotPaired',
      server_state: 'Free',
      address: '127.0.0.1',
      http_port: 47_989,
      https_port: 47_984,
      external_port: 47_989,
      version: '7.1.431.0',
      gfe_version: '3.23.0.74',
      unique_id: '0123456789ABCDEF',
      mac: null,
      local_ip: '127.0.0.1',
      current_game: 0,
      max_luma_pixels_hevc: 0,
      server_codec_mode_support: 1,
    };
  }
}
