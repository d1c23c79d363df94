import { Injectable } from '@nestjs/common';
import { WolfClientFactory, WolfError, type PendingPairing } from '@helix/wolf-client';
import { API_LIMITS } from '../limits.js';
import { WolfHosts } from './wolf-hosts.js';

interface FoundPairing extends PendingPairing {
  readonly wolfInstanceId: string;
}

/** Moonlight clients that wait for their PIN, on one host or wherever they are. */
@Injectable()
export class WolfPairing {
  constructor(
    private readonly hosts: WolfHosts,
    private readonly clients: WolfClientFactory,
  ) {}

  /** Of the named host, or of all that can be reached. @throws ApiError NOT_FOUND, WolfError of the named host */
  async listPending(
    named: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly pairings: readonly FoundPairing[]; readonly silentIds: readonly string[] }> {
    const ask = async (wolfInstanceId: string): Promise<readonly FoundPairing[]> => {
      const options = { signal, timeoutMs: API_LIMITS.wolfAnswerTimeoutMs };
      const pending = await this.clients.for(wolfInstanceId).listPendingPairings(options);
      return pending.map((pairing) => ({ ...pairing, wolfInstanceId }));
    };
    if (named !== undefined) return { pairings: await ask(await this.hosts.named(named)), silentIds: [] };
    const { answers, silentIds } = await this.hosts.askAll(ask);
    return { pairings: answers.flatMap(({ answer }) => answer), silentIds };
  }

  /**
   * Hands the PIN to the host that knows the secret. Goes on when the caller leaves: a secret is answered once.
   * @throws ApiError NOT_FOUND, WolfError, WOLF_UNKNOWN_PAIRING also when no host that answers knows the secret
   */
  async complete(named: string | undefined, pairSecret: string, pin: string, signal: AbortSignal): Promise<void> {
    const wolfInstanceId = named === undefined ? await this.find(pairSecret, signal) : await this.hosts.named(named);
    await this.clients.for(wolfInstanceId).pairClient({ pairSecret, pin });
  }

  private async find(pairSecret: string, signal: AbortSignal): Promise<string> {
    const { pairings, silentIds } = await this.listPending(undefined, signal);
    const found = pairings.find((pairing) => pairing.pairSecret === pairSecret);
    if (found !== undefined) return found.wolfInstanceId;
    const silent = silentIds.length === 0 ? '' : `; not asked, since they do not answer: ${silentIds.join(', ')}`;
    throw new WolfError('WOLF_UNKNOWN_PAIRING', `no client waits for a PIN under this secret${silent}`);
  }
}
