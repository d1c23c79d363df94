export { ExternalAgentModule } from './external-agent.module.js';
