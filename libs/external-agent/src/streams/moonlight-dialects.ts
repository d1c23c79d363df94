/** What a host's Moonlight Web speaks: Helix's fork, or one of the upstream's majors after it (moonlight-web §6). */
export const MOONLIGHT_DIALECTS = ['helix', 'v2', 'v3'] as const;
export type MoonlightDialect = (typeof MOONLIGHT_DIALECTS)[number];

/** One host's dialect; `*` stands for every host without an own entry. */
export interface MoonlightDialectEntry {
  readonly instance: string;
  readonly dialect: MoonlightDialect;
}

const ENTRY = /^(?<instance>\*|[A-Za-z0-9][A-Za-z0-9._-]{0,62})=(?<dialect>[a-z0-9]+)$/;

/** Which host speaks which dialect, as the operator says. */
export class MoonlightDialects {
  readonly #byInstance: ReadonlyMap<string, MoonlightDialect>;

  constructor(entries: readonly MoonlightDialectEntry[] = []) {
    this.#byInstance = new Map(entries.map(({ instance, dialect }) => [instance, dialect]));
  }

  of(wolfInstanceId: string): MoonlightDialect {
    return this.#byInstance.get(wolfInstanceId) ?? this.#byInstance.get('*') ?? 'helix';
  }
}

/** Reads `instance=dialect`; `undefined` for what is none. */
export function parseMoonlightDialect(text: string): MoonlightDialectEntry | undefined {
  const { instance, dialect } = ENTRY.exec(text)?.groups ?? {};
  const known = MOONLIGHT_DIALECTS.find((name) => name === dialect);
  return instance === undefined || known === undefined ? undefined : { instance, dialect: known };
}
