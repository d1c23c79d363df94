export { ExternalAgentModule } from './external-agent.module.js';
export type { ExternalAgentModuleOptions } from './external-agent.module.js';
