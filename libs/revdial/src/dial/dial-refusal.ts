/** Why an agent does not connect a stream, with the number on the wire. */
export const DIAL_REFUSAL_CODES = {
  /** The local service refuses connections. */
  refused: 1,
  /** There is no such socket, host or route. */
  'no-such-socket': 2,
  /** The local service did not accept in time. */
  timeout: 3,
  /** The agent serves no such runner id. */
  'unknown-target': 4,
  /** The agent has as many streams as it may. */
  limit: 5,
  /** The agent is stopping. */
  stopping: 6,
  other: 7,
} as const;

export type DialRefusalCode = keyof typeof DIAL_REFUSAL_CODES;

export interface DialRefusal {
  readonly code: DialRefusalCode;
  /** For people. */
  readonly reason: string;
}

const BY_NUMBER: ReadonlyMap<number, DialRefusalCode> = new Map(
  (Object.keys(DIAL_REFUSAL_CODES) as DialRefusalCode[]).map((code) => [DIAL_REFUSAL_CODES[code], code]),
);

/** A number of a later version means `other`. */
export function parseDialRefusalCode(value: number): DialRefusalCode {
  return BY_NUMBER.get(value) ?? 'other';
}
