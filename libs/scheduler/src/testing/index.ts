export { addOnlineHost, type OnlineHost } from './online-host.js';
export { letTimePass } from './let-time-pass.js';
