import type { Socket } from 'node:net';
import { onAbort } from '@helix/pacing';

const ignoreError = (): void => {
  // Every error of a socket is followed by 'close', which is what users of the socket listen to.
};

/**
 * Resolves when the socket emits `event`. Rejects with the socket's error, or with the signal's reason; the socket is
 * destroyed then. From here on the socket's errors do not throw.
 */
export function whenSocketReady(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopListening = (): void => undefined;
    const settle = (): void => {
      socket.off(event, onReady);
      socket.off('error', onError);
      socket.off('close', onClose);
      stopListening();
    };
    const onReady = (): void => {
      settle();
      resolve();
    };
    const onError = (error: Error): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    const onClose = (): void => {
      onError(new Error('closed by the far side'));
    };
    socket.on('error', ignoreError);
    socket.once(event, onReady);
    socket.once('error', onError);
    socket.once('close', onClose);
    stopListening = onAbort(signal, (reason) => {
      onError(reason instanceof Error ? reason : new Error('aborted'));
    });
  });
}
