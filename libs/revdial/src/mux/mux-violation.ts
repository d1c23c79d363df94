/** The peer broke the rules of the wire; the link ends with it. */
export class MuxViolation extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MuxViolation';
  }
}
