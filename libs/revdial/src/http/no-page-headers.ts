/**
 * For every HTTP answer that is no page of ours. A browser that opens it as a document gives it neither scripts nor our origin,
 * no page may embed it, no other site may load it, and its type is what it says.
 */
export const NO_PAGE_HEADERS = {
  'Content-Security-Policy': "sandbox; default-src 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const;
