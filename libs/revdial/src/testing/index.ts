export { eventually } from './eventually.js';
export { LocalDialer } from './local-dialer.js';
