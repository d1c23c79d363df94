import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { VIEWER_CSS } from './viewer-css.js';
import { VIEWER_HTML } from './viewer-html.js';

export interface ConsoleAsset {
  readonly body: Buffer;
  readonly contentType: string;
  readonly etag: string;
}

/** Token under which the files of the viewer page are injected. */
export const CONSOLE_ASSETS = Symbol('ConsoleAssets');

export interface ConsoleAssets {
  readonly page: ConsoleAsset;
  /** By name: the page's style, and each script that was built of `page/`. Nothing else is served. */
  readonly files: ReadonlyMap<string, ConsoleAsset>;
}

/** What browsers run is built, also when this runs from the sources, as tests do. */
const SCRIPTS = new URL('../../dist/console/page/', import.meta.url);

/** Read once, at the start: a request names one of these and never a path. */
export async function readConsoleAssets(): Promise<ConsoleAssets> {
  const names = (await readdir(SCRIPTS)).filter((name) => /^[a-z0-9-]+\.js$/.test(name));
  const scripts = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, SCRIPTS));
      return [name, asset(text, 'text/javascript; charset=utf-8')] as const;
    }),
  );
  const style = asset(Buffer.from(VIEWER_CSS), 'text/css; charset=utf-8');
  return {
    page: asset(Buffer.from(VIEWER_HTML), 'text/html; charset=utf-8'),
    files: new Map([...scripts, ['viewer.css', style]]),
  };
}

function asset(body: Buffer, contentType: string): ConsoleAsset {
  return { body, contentType, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"` };
}
