/** Which Moonlight Web it is: `K`, the branch that Helix runs, or `H`, the one before (moonlight-web, top). */
export const MOONLIGHT_DIALECTS = ['K', 'H'] as const;

export type MoonlightDialect = (typeof MOONLIGHT_DIALECTS)[number];
