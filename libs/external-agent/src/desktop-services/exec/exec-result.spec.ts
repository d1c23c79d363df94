import fc from 'fast-check';
import { LIMITS } from '../../limits.js';
import { parseExecResult } from './exec-result.js';

describe('the answer to a command', () => {
  const answer = (output: string): Buffer => Buffer.from(`{"success":true,"exit_code":0,"output":${output}}`);

  it('has its output as it was written, wherever that is cut into pieces', async () => {
    const unit = fc.constantFrom('x', '\\n', '\\\\', '\\u0041', '\\ud83d\\ude00', 'é', '漢', '😀', '\\"');
    await fc.assert(
      fc.asyncProperty(fc.array(unit, { minLength: 1, maxLength: 12 }), async (units) => {
        const written = `"${units.join('').repeat(Math.ceil(300_000 / units.join('').length))}"`;
        const whole = JSON.parse(written) as string;
        const result = await parseExecResult(answer(written));
        const cut = Buffer.from(whole).subarray(0, LIMITS.execOutputMaxBytes).toString();
        expect(result?.output === cut.replace(/\ufffd$/, '')).toBe(true);
        expect(result?.isTruncated).toBe(Buffer.byteLength(whole) > LIMITS.execOutputMaxBytes);
      }),
      { numRuns: 60 },
    );
  });

  it('is none when its output is a broken string, however far behind', async () => {
    const long = 'x'.repeat(400_000);
    for (const output of [`"${long}\\x"`, `"${long}`, `"${long}"x`, `"${long}\n"`]) {
      expect(await parseExecResult(answer(output))).toBeUndefined();
    }
  });
});
