/** The provider's keys are needed and cannot be had now. It says nothing about the token. */
export class ProviderAwayError extends Error {
  readonly code = 'AUTHENTICATION_AWAY';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'ProviderAwayError';
  }
}
