/** Someone who reads a stream of server-sent events. */
export class EventReader {
  text = '';
  private readonly decoder = new TextDecoder();

  private constructor(
    private readonly response: Response,
    private readonly caller: AbortController,
    private readonly reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  ) {}

  static async open(url: string, key: string | undefined): Promise<EventReader> {
    const caller = new AbortController();
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${key ?? ''}` },
      signal: caller.signal,
    });
    return new EventReader(response, caller, response.body?.getReader());
  }

  get status(): number {
    return this.response.status;
  }

  get headers(): Headers {
    return this.response.headers;
  }

  /** Reads until what came satisfies, or the stream is over. */
  async until(reached: (text: string) => boolean): Promise<void> {
    while (!reached(this.text)) {
      const piece = await this.reader?.read();
      if (piece?.value === undefined) return;
      this.text += this.decoder.decode(piece.value, { stream: true });
    }
  }

  leave(): void {
    this.caller.abort();
  }
}
