import { spawn } from 'node:child_process';
import { ROOT } from '../support/managed-process.js';

describe('npm run demo', () => {
  it('does the main job and says so in one JSON line', async () => {
    const child = spawn(process.execPath, ['scripts/demo.mjs', '--once', '--json'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let progress = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (progress += text));
    const code = await new Promise((resolve) => child.once('close', resolve));
    const lastLine = output.trimEnd().split('\n').at(-1) ?? '';
    expect([code, progress]).toEqual([0, expect.stringContaining('screenshot: done')]);
    const result = JSON.parse(lastLine) as Record<string, unknown>;
    expect(result).toEqual({
      ok: true,
      sessionId: expect.stringMatching(/^ses_[0-9a-z]{26}$/) as string,
      wolfInstanceId: 'local',
      runners: ['wolf-local', `sandbox-${String(result['sessionId'])}`],
      screenshot: {
        status: 200,
        contentType: 'image/png',
        width: 3840,
        height: 2160,
        bytes: expect.any(Number) as number,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        sameAsSource: true,
      },
      ms: {
        ready: expect.any(Number) as number,
        running: expect.any(Number) as number,
        screenshot: expect.any(Number) as number,
      },
    });
  }, 120_000);
});
