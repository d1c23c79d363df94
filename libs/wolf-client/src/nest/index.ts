export { WolfClientModule } from './wolf-client.module.js';
export type { WolfClientModuleAsyncOptions } from './wolf-client.module.js';
