import type { Socket } from 'node:net';

type Callback = (error?: Error | null) => void;

/**
 * A peer that answers before it has read everything, and closes, resets the connection. Node destroys a socket at the first write that
 * fails, with the answer in the kernel still unread. From here on such a write is dropped, with all that follow, and the socket is read on:
 * to its end, or to the error that says that there is none. Wraps what `net.Socket` implements of a Writable.
 */
export function keepReadingAfterFailedWrite(socket: Socket): void {
  let failure: (Error & { readonly code?: string }) | undefined;
  const dropped =
    (callback: Callback): Callback =>
    (error) => {
      failure ??= error ?? undefined;
      callback();
    };
  const write = socket._write.bind(socket);
  const writev = socket._writev?.bind(socket);
  const final = socket._final.bind(socket);
  const push = socket.push.bind(socket);
  socket._write = (chunk, encoding, callback) => {
    if (failure === undefined) write(chunk, encoding, dropped(callback));
    else callback();
  };
  socket._writev = (chunks, callback) => {
    if (failure === undefined) writev?.(chunks, dropped(callback));
    else callback();
  };
  socket._final = (callback) => {
    if (failure === undefined) final(dropped(callback));
    else callback();
  };
  socket.push = (chunk: unknown, encoding?: BufferEncoding) => {
    // The failed write has taken the reset from the kernel, for which the rest looks like an end. After an end it says EPIPE.
    if (chunk !== null || failure === undefined || failure.code === 'EPIPE') return push(chunk, encoding);
    socket.destroy(failure);
    return false;
  };
}
