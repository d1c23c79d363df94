import type { FleetSummary, Obstacle, PlacementQuestion } from '../src/capacity/capacity-operations.js';
import type { PlacementPolicy } from '../src/capacity/change-capacity.js';
import type { HostCapacityEntity } from '../src/tables/host-capacity.entity.js';
import type { WolfInstanceEntity } from '../src/tables/wolf-instance.entity.js';

/** What placement looks at of one host. */
export type FleetHost = Pick<WolfInstanceEntity, 'id' | 'conditions' | 'linkConnected'> &
  Omit<HostCapacityEntity, 'wolfInstanceId' | 'wolfInstance' | 'measuredAt'> & { readonly silentMs: number };

export interface OracleAnswer {
  readonly chosenId: string | undefined;
  readonly counts: FleetSummary['counts'];
  readonly fitting: readonly string[];
}

/** The rule of placement written a second time, for tests: what the functions in the database must answer. */
export function askOracle(
  hosts: readonly FleetHost[],
  question: PlacementQuestion,
  policy: PlacementPolicy,
): OracleAnswer {
  const counts: Partial<Record<Obstacle['code'], number>> = {};
  const fitting: FleetHost[] = [];
  for (const host of hosts) {
    const code = obstacleOf(host, question, policy);
    if (code === undefined) fitting.push(host);
    else counts[code] = (counts[code] ?? 0) + 1;
  }
  const preferred = fitting.find(({ id }) => id === question.preferredInstanceId);
  const [first] = fitting.toSorted((one, other) => compare(one, other, policy));
  return { chosenId: (preferred ?? first)?.id, counts, fitting: fitting.map(({ id }) => id) };
}

export function usedSlotsOf({ reserved, confirmed, foreignLobbies }: FleetHost): number {
  return reserved + confirmed + foreignLobbies;
}

function obstacleOf(
  host: FleetHost,
  question: PlacementQuestion,
  policy: PlacementPolicy,
): Obstacle['code'] | undefined {
  const used = usedSlotsOf(host);
  if (host.rank === null) return host.conditions.length > 0 ? 'condition' : 'silent';
  if (!host.linkConnected || host.silentMs > policy.silenceMs) return 'silent';
  const { gpuVendor = host.gpuVendor } = question;
  if (![gpuVendor].flat().includes(host.gpuVendor)) return 'gpu-vendor';
  if (Object.entries(question.labels ?? {}).some(([name, value]) => host.labels[name] !== value)) return 'label';
  const held = question.imageName === undefined ? undefined : host.images[question.imageName];
  if (held !== undefined && held !== question.imageVersion) return 'image';
  if (used >= host.maxSandboxes) return 'slots';
  const encoders = Math.max((host.encoderSessions ?? 0) + host.unseen, used);
  if (encoders >= (host.encoderSessionsMax ?? policy.encoderSessionsMax ?? Infinity)) return 'encoders';
  if (host.videoMemoryTotalMb === null || host.videoMemoryUsedMb === null) return undefined;
  const needed = (host.unseen + 1) * (host.videoMemoryPerSessionMb ?? policy.videoMemoryPerSessionMb);
  return needed > host.videoMemoryTotalMb - host.videoMemoryUsedMb ? 'video-memory' : undefined;
}

function compare(one: FleetHost, other: FleetHost, { strategy }: PlacementPolicy): number {
  const byRank = (one.rank ?? 2) - (other.rank ?? 2);
  const byLoad = loadOf(one) - loadOf(other);
  const byTurn = Number(one.placedSeq) - Number(other.placedSeq) || (one.id < other.id ? -1 : 1);
  if (strategy === 'round-robin') return byRank || byTurn;
  return byRank || (strategy === 'bin-pack' ? -byLoad || -byTurn : byLoad || byTurn);
}

function loadOf(host: FleetHost): number {
  return usedSlotsOf(host) / Math.max(host.maxSandboxes, 1);
}
