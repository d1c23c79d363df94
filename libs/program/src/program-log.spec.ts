import { createLogger } from './program-log.js';

function logged(fields: Readonly<Record<string, unknown>>): string {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  createLogger({ app: 'test', level: 'info', destination }).info(fields, 'said');
  return lines.join('');
}

describe('the log', () => {
  const driverError = Object.assign(new Error('duplicate key'), {
    detail: 'Key (secret)=(hls-secret) exists',
    code: '23505',
  });
  // As TypeORM makes it.
  const failed = Object.assign(new Error('duplicate key'), {
    query: 'INSERT INTO api_keys VALUES ($1)',
    parameters: ['hls-secret'],
    driverError,
  });

  it.each(['error', 'err'])('tells what failed and never the values of a statement: %s', (field) => {
    const line = logged({ [field]: new Error('not now', { cause: failed }) });
    expect(line).toContain('duplicate key');
    expect(line).not.toContain('hls-secret');
  });

  it('cuts out what is called a token, a PIN or an authorization', () => {
    expect(logged({ token: 's3cret', pin: 's3cret', headers: { authorization: 's3cret' } })).not.toContain('s3cret');
  });
});
