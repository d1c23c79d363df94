import type { JsonValue, Printable } from './json.js';
import { UncaughtWolfException } from './wolf-reply.js';
import { listOf, optional, struct, text, type Parsed, type WolfShape } from './wolf-shape.js';

export interface DockerDescription {
  readonly type: 'docker';
  readonly name: string;
  readonly image: string;
  readonly mounts: readonly string[];
  readonly env: readonly string[];
  readonly devices: readonly string[];
  readonly ports: readonly string[];
  readonly base_create_json: string;
}

export interface ProcessDescription {
  readonly type: 'process';
  readonly run_cmd: string;
}

/** A runner as Wolf keeps and prints it. */
export type RunnerDescription = DockerDescription | ProcessDescription;

const DEFAULT_BASE_CREATE_JSON =
  '{"HostConfig":{"IpcMode":"host","CapAdd":["NET_RAW","MKNOD","NET_ADMIN"],"Privileged":false,"DeviceCgroupRules":["c 13:* rmw","c 244:* rmw"]}}';

const docker = struct({
  name: text,
  image: text,
  mounts: listOf(text),
  env: listOf(text),
  devices: listOf(text),
  ports: listOf(text),
  base_create_json: optional(text),
});
const process = struct({ run_cmd: text });

/** As a request has it. */
export type SentRunner =
  | (Omit<DockerDescription, 'base_create_json'> & { readonly base_create_json: string | undefined })
  | ProcessDescription;

/** The tagged union of a request (wolf-api §3.1.1). */
export const sentRunner: WolfShape<SentRunner> = {
  optional: false,
  parse: (json: JsonValue): Parsed<SentRunner> => {
    const type = json instanceof Map ? (json as ReadonlyMap<string, JsonValue>).get('type') : undefined;
    if (typeof type !== 'string') {
      return { faults: ["Could not parse tagged union: Could not find field 'type' or it is not a string."] };
    }
    if (type === 'process') return withTag(type, process.parse(json));
    if (type === 'docker') return withTag(type, docker.parse(json));
    return {
      faults: [
        `Could not parse tagged union, could not match type '${type}'. The following tags are allowed: process, docker`,
      ],
    };
  },
};

function withTag<K extends string, T extends object>(type: K, parsed: Parsed<T>): Parsed<T & { readonly type: K }> {
  return 'faults' in parsed ? parsed : { value: { type, ...parsed.value } };
}

/**
 * What becomes of a sent runner: its strings are taken apart and put together again, with defaults filled in.
 * @throws UncaughtWolfException for a mount, device or port without a colon
 */
export function reprintRunner(sent: SentRunner): RunnerDescription {
  if (sent.type === 'process') return { type: 'process', run_cmd: sent.run_cmd };
  return {
    type: 'docker',
    name: sent.name,
    image: sent.image,
    mounts: sent.mounts.map((mount) => threeParts(mount, 'rw')),
    env: sent.env,
    devices: sent.devices.map((device) => threeParts(device, 'mrw')),
    ports: sent.ports.map(reprintPort),
    base_create_json: sent.base_create_json ?? DEFAULT_BASE_CREATE_JSON,
  };
}

export function printRunner(runner: RunnerDescription): Printable {
  return { ...runner };
}

function threeParts(spelt: string, defaultThird: string): string {
  const [first = '', second, third = defaultThird] = spelt.split(':');
  if (second === undefined) throw new UncaughtWolfException('no colon');
  return `${first}:${second}:${third}`;
}

function reprintPort(spelt: string): string {
  const [host = '', inside] = spelt.split(':');
  if (inside === undefined) throw new UncaughtWolfException('no colon');
  const [container = '', protocol = 'tcp'] = inside.split('/');
  if (!/^[0-9]/.test(host) || !/^[0-9]/.test(container)) throw new UncaughtWolfException('stoi');
  return `${host}:${container}/${protocol}`;
}
