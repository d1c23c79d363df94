import { randomBytes } from 'node:crypto';
import type { Printable } from './json.js';
import { UncaughtWolfException } from './wolf-reply.js';
import type { WolfEra } from './wolf-era.js';

interface PairRequest {
  readonly secret: string;
  readonly clientIp: string;
  answeredPin: string | undefined;
}

/** Moonlight clients that wait for a PIN. Answering one leaves it in the list (wolf-api §3.6). */
export class Pairing {
  /** By client IP: a client that asks again takes its own place. */
  readonly #requests = new Map<string, PairRequest>();

  ask(clientIp: string): string {
    const secret = randomBytes(8).toString('hex').toUpperCase();
    this.#requests.set(clientIp, { secret, clientIp, answeredPin: undefined });
    return secret;
  }

  /** False for an unknown secret. @throws UncaughtWolfException on the second answer to a secret */
  answer(secret: string, pin: string): boolean {
    const request = [...this.#requests.values()].find((candidate) => candidate.secret === secret);
    if (request === undefined) return false;
    if (request.answeredPin !== undefined) throw new UncaughtWolfException('Promise already satisfied');
    request.answeredPin = pin;
    return true;
  }

  /** The PIN that was handed over for this client. */
  answeredPin(clientIp: string): string | undefined {
    return this.#requests.get(clientIp)?.answeredPin;
  }

  print(era: WolfEra): readonly Printable[] {
    return [...this.#requests.values()].map(({ secret, clientIp }) =>
      era === 'u24' ? { pair_secret: secret, pin: clientIp } : { pair_secret: secret, client_ip: clientIp },
    );
  }
}
