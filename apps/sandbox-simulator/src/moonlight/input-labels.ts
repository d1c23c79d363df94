import type { MoonlightDialect } from './moonlight-dialect.js';

const SHARED = ['keyboard', 'touch', 'controllers'];
const MOUSE: Readonly<Record<MoonlightDialect, readonly string[]>> = {
  K: ['mouseClicks', 'mouseAbsolute', 'mouseRelative'],
  H: ['mouse'],
};

/** Whether the dialect listens on a data channel of that label; others it passes over in silence (moonlight-web §4). */
export function isInputLabel(label: string, dialect: MoonlightDialect): boolean {
  return SHARED.includes(label) || MOUSE[dialect].includes(label) || /^controller[0-9]{1,2}$/.test(label);
}
