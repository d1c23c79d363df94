import pg from 'pg';
import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { DatabaseTrouble, databaseTroubleOf } from './database-trouble.js';

function coded(code: string, message = 'as the driver says it'): Error {
  return Object.assign(new Error(message), { code });
}

describe('DatabaseTrouble', () => {
  it.each(['22P02', '22001', '23505', '23503', '42601', '42P01', '42703', '0A000', '21000', '54000', 'P0001', '39000'])(
    'of %s, which a statement has of its own: none',
    (code) => {
      expect(DatabaseTrouble.ofStatement(coded(code))).toBeUndefined();
    },
  );

  it.each([
    ...[
      'EAI_AGAIN',
      'ENOTFOUND',
      'ENETUNREACH',
      'EHOSTUNREACH',
      'EMFILE',
      'ENFILE',
      'ECONNRESET',
      'EPIPE',
      'ETIMEDOUT',
    ],
    ...['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_SSL_WRONG_VERSION_NUMBER'],
    ...[
      '08006',
      '25006',
      '25P03',
      '26000',
      '28P01',
      '28000',
      '3D000',
      '42501',
      '53100',
      '53200',
      '53300',
      '57P01',
      '57P02',
    ],
    ...['57P03', '57P05', '58030', 'XX000', 'F0000'],
  ])('of %s: DATABASE_AWAY', (code) => {
    expect(DatabaseTrouble.ofStatement(coded(code))).toMatchObject({ code: 'DATABASE_AWAY' });
    expect(DatabaseTrouble.ofConnection(coded(code))).toMatchObject({ code: 'DATABASE_AWAY' });
  });

  it.each(['Query read timeout', 'Connection terminated unexpectedly', 'The server does not support SSL connections'])(
    'of "%s", without any code: DATABASE_AWAY',
    (message) => {
      expect(DatabaseTrouble.ofStatement(new Error(message))).toMatchObject({ code: 'DATABASE_AWAY' });
    },
  );

  it.each(['40001', '40P01', '55P03', '57014'])('of %s: DATABASE_BUSY, with that code beside', (code) => {
    expect(DatabaseTrouble.ofStatement(coded(code))).toMatchObject({ code: 'DATABASE_BUSY', sqlState: code });
  });

  it('of a pool without a free connection: DATABASE_BUSY', () => {
    const exhausted = new Error('timeout exceeded when trying to connect');
    expect(DatabaseTrouble.ofConnection(exhausted)).toMatchObject({ code: 'DATABASE_BUSY', sqlState: undefined });
  });

  it('of a password that does not count any more, before any statement: DATABASE_AWAY', () => {
    const refused = new pg.DatabaseError('password authentication failed', 30, 'error');
    refused.code = '28P01';
    expect(DatabaseTrouble.ofConnection(refused)).toMatchObject({ code: 'DATABASE_AWAY', sqlState: '28P01' });
  });

  it('of a value that the driver cannot write: none', () => {
    expect(DatabaseTrouble.ofStatement(new TypeError('Converting circular structure to JSON'))).toBeUndefined();
  });
});

describe('databaseTroubleOf', () => {
  const trouble = new DatabaseTrouble('DATABASE_AWAY', coded('57P01'));

  it('finds the trouble that a failed query carries', () => {
    expect(databaseTroubleOf(new QueryFailedError('SELECT 1', [], trouble))).toBe(trouble);
  });

  it('takes a connection that was lost within a transaction for trouble', () => {
    expect(databaseTroubleOf(new QueryRunnerAlreadyReleasedError())).toMatchObject({ code: 'DATABASE_AWAY' });
  });

  it('is undefined for faulty statements, our own errors and values that are no error', () => {
    expect(databaseTroubleOf(new QueryFailedError('SELECT 1', [], coded('23505')))).toBeUndefined();
    expect(databaseTroubleOf(new Error('ours'))).toBeUndefined();
    expect(databaseTroubleOf(undefined)).toBeUndefined();
  });
});
