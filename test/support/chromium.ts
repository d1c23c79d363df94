import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createBrotliDecompress } from 'node:zlib';

import { chromium, type Browser } from 'playwright-core';

const run = promisify(execFile);
const PACKAGE = path.resolve(createRequire(import.meta.url).resolve('@sparticuz/chromium'), '../../..');

/** It runs as root, without a graphics card, and plays media without a click. */
const ARGS = ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required'];

/**
 * A headless Chromium that decodes H.264. The first call on a machine unpacks it (200 MB, some 3 s of one core) into the
 * folder for temporary files, where later calls find it. `close()` of what is returned ends all of its processes.
 */
export async function launchChromium(args: readonly string[] = []): Promise<Browser> {
  const folder = await unpackedChromium();
  const libraries = path.join(folder, 'al2023/lib');
  return chromium.launch({
    executablePath: path.join(folder, 'chromium'),
    args: [...ARGS, ...args],
    ...(existsSync(libraries) && { env: { ...process.env, LD_LIBRARY_PATH: libraries } }),
  });
}

async function unpackedChromium(): Promise<string> {
  const manifest = JSON.parse(await readFile(path.join(PACKAGE, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  const folder = path.join(tmpdir(), `helix-chromium-${manifest.version}`);
  if (existsSync(folder)) return folder;
  const fresh = await mkdtemp(`${folder}-`);
  try {
    const program = path.join(fresh, 'chromium');
    await unpack('chromium.br', program);
    const startsAlone = await run(program, ['--version']).then(
      () => true,
      () => false,
    );
    // Bare machines lack the libraries that it is linked with; the package brings them along.
    if (!startsAlone) {
      const archive = path.join(fresh, 'al2023.tar');
      await unpack('al2023.tar.br', archive);
      await run('tar', ['-xf', archive, '-C', fresh, '--one-top-level=al2023']);
    }
    // Whole or not at all, since other test files may look for it at the same moment.
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

async function unpack(name: string, target: string): Promise<void> {
  const source = createReadStream(path.join(PACKAGE, 'bin', name));
  await pipeline(source, createBrotliDecompress({ chunkSize: 2 ** 21 }), createWriteStream(target, { mode: 0o700 }));
}
