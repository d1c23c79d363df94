import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** Token under which the version of this API is injected. */
export const PRODUCT_VERSION = Symbol('ProductVersion');

/** As the manifest of this package says, beside the sources and beside what is built of them. */
export async function readProductVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
