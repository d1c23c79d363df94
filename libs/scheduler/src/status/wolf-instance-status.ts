/**
 * - `online`    takes sessions
 * - `degraded`  reachable, and something is wrong: takes none, or only when no other host does (its conditions say which)
 * - `draining`  takes none, and is to be emptied
 * - `cordoned`  takes none; what runs there goes on
 * - `offline`   its link is down, or it was not heard of for too long
 */
export type WolfInstanceStatus = 'online' | 'degraded' | 'draining' | 'cordoned' | 'offline';
