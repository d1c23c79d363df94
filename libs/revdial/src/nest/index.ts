export { RevDialModule } from './revdial-module.js';
export type { RevDialConfiguration, RevDialModuleAsyncOptions, RevDialOptions } from './revdial-module.js';
export { attachRevDialGateway } from '../gateway/attach-revdial-gateway.js';
