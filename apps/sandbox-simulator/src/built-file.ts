import { fileURLToPath } from 'node:url';

/**
 * Path of a built file of this package, such as `desktop/main.js`. Child processes and threads run what was built,
 * also when their parent runs from the sources, as tests do.
 */
export function builtFile(relativePath: string): string {
  return fileURLToPath(new URL(`../dist/${relativePath}`, import.meta.url));
}
