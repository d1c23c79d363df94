/** An exception that no handler of Wolf catches: no reply, and the API thread is the worse for it (wolf-api §2.3). */
export class UncaughtWolfException extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'UncaughtWolfException';
  }
}
