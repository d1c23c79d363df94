import { readFileSync } from 'node:fs';
import {
  ResumptionGate,
  formatLinkGrant,
  formatReceived,
  formatResumption,
  newResumptionSecret,
  parseLinkGrant,
  parseReceived,
  parseResumption,
  resumptionProof,
} from '../../src/resumable/resumption.js';
import type { Resumption } from '../../src/resumable/resumption.js';

const secret = newResumptionSecret();
const open = { isClosed: false, areRunnersRight: true, accepts: () => true };

/** As Node reads headers. */
function read(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function resumption(attempt: number, received = 7, key = secret): Resumption {
  const parsed = parseResumption(read(formatResumption({ linkId: 'lnk_1', secret: key }, attempt, received)));
  if (parsed === undefined || parsed === 'absent') throw new Error('our own headers were not understood');
  return parsed;
}

describe('headers of a link', () => {
  it('are read as they were written', () => {
    const grant = { linkId: 'lnk_A-9', secret, holdMs: 30_000 };
    expect(parseLinkGrant(read(formatLinkGrant(grant)))).toEqual(grant);
    expect(resumption(3, 2 ** 53 - 1)).toMatchObject({ linkId: 'lnk_1', attempt: 3, received: 2 ** 53 - 1 });
    expect(parseReceived(read(formatReceived(0)))).toBe(0);
    expect(parseResumption({})).toBe('absent');
  });

  it.each([
    ['revdial-resume', ''],
    ['revdial-resume', 'a b'],
    ['revdial-resume', 'x'.repeat(65)],
    ['revdial-attempt', '01'],
    ['revdial-attempt', '-1'],
    ['revdial-attempt', '1e3'],
    ['revdial-received', '9999999999999999'],
    ['revdial-received', '0x10'],
    ['revdial-proof', 'AAAA'],
    ['revdial-proof', `${'A'.repeat(42)}B`],
  ])('are refused as a whole when %s is "%s"', (name, value) => {
    const headers = read(formatResumption({ linkId: 'lnk_1', secret }, 1, 0));
    expect(parseResumption({ ...headers, [name]: value })).toBeUndefined();
    expect(parseResumption({ ...headers, [name]: ['1', '2'] })).toBeUndefined();
  });
});

describe('ResumptionGate', () => {
  let gate: ResumptionGate;

  beforeEach(() => {
    gate = new ResumptionGate('lnk_1', secret, 'runner');
  });

  it('lets an attempt in once', () => {
    expect(gate.judge(resumption(1), 'runner', open)).toBeUndefined();
    expect(gate.judge(resumption(1), 'runner', open)).toBe('used-attempt');
    expect(gate.judge(resumption(5), 'runner', open)).toBeUndefined();
    expect(gate.judge(resumption(4), 'runner', open)).toBe('used-attempt');
  });

  it('refuses a wrong proof, which uses no attempt up', () => {
    expect(gate.judge(resumption(9, 7, newResumptionSecret()), 'runner', open)).toBe('wrong-proof');
    expect(gate.judge({ ...resumption(8), received: 8 }, 'runner', open)).toBe('wrong-proof');
    expect(gate.judge({ ...resumption(8), attempt: 9 }, 'runner', open)).toBe('wrong-proof');
    expect(gate.judge({ ...resumption(8), linkId: 'lnk_2' }, 'runner', open)).toBe('wrong-proof');
    expect(gate.judge({ ...resumption(8), proof: Buffer.alloc(3) }, 'runner', open)).toBe('wrong-proof');
    expect(gate.judge(resumption(1), 'runner', open)).toBeUndefined();
  });

  it('refuses a foreign principal, whatever it can prove', () => {
    expect(gate.judge(resumption(1), 'user:eve', open)).toBe('foreign-principal');
    expect(gate.judge(resumption(1), 'runner', open)).toBeUndefined();
  });

  it('refuses a closed link and offsets that do not fit, and uses the attempt up', () => {
    expect(gate.judge(resumption(1), 'runner', { ...open, isClosed: true })).toBe('closed');
    expect(gate.judge(resumption(2), 'runner', { ...open, accepts: () => false })).toBe('offset-mismatch');
    expect(gate.judge(resumption(3), 'runner', { ...open, areRunnersRight: false })).toBe('other-runners');
    expect(gate.judge(resumption(3), 'runner', open)).toBe('used-attempt');
  });
});

it('the proof of docs/protocol.md is what its numbers give', () => {
  const document = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8');
  const value = (name: string): string => new RegExp(`^ *${name}: (\\S+)$`, 'm').exec(document)?.[1] ?? '';
  const [linkId, attempt, received] = ['RevDial-Resume', 'RevDial-Attempt', 'RevDial-Received'].map(value);
  const vector = Buffer.from(value('RevDial-Secret'), 'base64url');
  expect(vector).toHaveLength(32);
  const proof = resumptionProof(vector, linkId ?? '', Number(attempt), Number(received));
  expect(value('RevDial-Proof')).toBe(proof.toString('base64url'));
});
