import type { DisplaySettings } from '../../desktop/display-settings.js';

/**
 * The later message of upstream version 2 that asks for the picture, with the desktop's size in place of the viewer's: flat, or
 * within `settings` by 2.8 (moonlight-web §6). The host reads one of the two, so both are ours. `undefined` for what is neither.
 */
export function sizedStartStream(content: unknown, { width, height, refreshHz }: DisplaySettings): string | undefined {
  const size = { width, height, fps: refreshHz };
  if (!isRecord(content)) return undefined;
  const { settings } = content;
  if (settings === undefined) return JSON.stringify({ StartStream: { ...content, ...size } });
  if (!isRecord(settings)) return undefined;
  return JSON.stringify({ StartStream: { ...content, ...size, settings: { ...settings, ...size } } });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
