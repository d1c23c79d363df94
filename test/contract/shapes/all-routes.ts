import type { RouteTable } from '../support/route-contract.js';
import { ADMIN_ROUTES } from './admin.js';
import { CONSOLE_ROUTES } from './console.js';
import { DESKTOP_SERVICE_ROUTES } from './desktop-services.js';
import { DESKTOP_ROUTES } from './desktop.js';
import { EXTERNAL_AGENT_ROUTES } from './external-agents.js';
import { FLEET_ROUTES } from './fleet.js';
import { MOONLIGHT_ROUTES } from './moonlight.js';
import { SESSION_ROUTES } from './sessions.js';
import { STREAM_ROUTES } from './streams.js';
import { SHARE_ROUTES } from './shares.js';
import { USER_ROUTES } from './users.js';
import { WOLF_INSTANCE_ROUTES } from './wolf-instances.js';
import { WOLF_ROUTES } from './wolf.js';

/** Every group of routes, by the spec that drives it. */
export const ROUTE_GROUPS: readonly RouteTable[] = [
  SESSION_ROUTES,
  EXTERNAL_AGENT_ROUTES,
  DESKTOP_ROUTES,
  DESKTOP_SERVICE_ROUTES,
  WOLF_INSTANCE_ROUTES,
  FLEET_ROUTES,
  WOLF_ROUTES,
  MOONLIGHT_ROUTES,
  ADMIN_ROUTES,
  USER_ROUTES,
  SHARE_ROUTES,
  STREAM_ROUTES,
  CONSOLE_ROUTES,
];
