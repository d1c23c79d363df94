/** Every flag, by name. `repeated` ones collect, of the others the last wins, as in the Go client. */
const FLAG_KINDS = {
  server: 'value',
  'runner-id': 'value',
  token: 'value',
  local: 'value',
  tunnel: 'repeated',
  'ca-file': 'repeated',
  'server-name': 'value',
  transport: 'value',
  'log-level': 'value',
  'health-port': 'value',
  'refused-after': 'value',
  'exit-on-refusal': 'switch',
  json: 'switch',
  version: 'switch',
  help: 'switch',
} as const;

export type FlagName = keyof typeof FLAG_KINDS;

export interface ParsedFlags {
  readonly values: ReadonlyMap<FlagName, readonly string[]>;
  /** What is wrong with the command line, by flag name and position, never by value. */
  readonly faults: readonly string[];
}

/** One or two dashes; `-flag value` and `-flag=value`. A value may begin with a dash, as in the Go client. */
export function parseFlags(args: readonly string[]): ParsedFlags {
  const values = new Map<FlagName, string[]>();
  const faults: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    const match = /^--?([A-Za-z][A-Za-z0-9-]*)(?:=([\s\S]*))?$/.exec(arg);
    if (match === null) {
      faults.push(`argument ${String(index + 1)}: is not a flag`);
      continue;
    }
    const [, name = '', attached] = match;
    if (!isFlagName(name)) {
      faults.push(`--${name}: unknown flag`);
      // Its value, if it has one, would only be a second fault for the same mistake.
      if (attached === undefined && args[index + 1]?.startsWith('-') === false) index += 1;
      continue;
    }
    if (FLAG_KINDS[name] === 'switch') {
      if (attached !== undefined) faults.push(`--${name}: takes no value`);
      values.set(name, []);
      continue;
    }
    const value = attached ?? args[index + 1];
    if (attached === undefined) index += 1;
    if (value === undefined || value === '') faults.push(`--${name}: has no value`);
    else values.set(name, FLAG_KINDS[name] === 'repeated' ? [...(values.get(name) ?? []), value] : [value]);
  }
  return { values, faults };
}

function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(FLAG_KINDS, name);
}

export const USAGE = `revdial-agent: holds a machine behind NAT connected to the API

usage: revdial-agent [flags]          (one dash or two, "-flag value" or "-flag=value")
       revdial-agent doctor [flags]   looks at everything between the service and the API, says what to do, and ends

  -server URL            where the API is; /api/v1/revdial is added unless it is there  (HELIX_API_URL, HELIX_API_BASE_URL)
  -runner-id ID          wolf-…, moonlight-…, hydra-… or sandbox-<session>; needs -local
  -local ADDRESS         the service behind the tunnel: host:port or unix:///path
  --tunnel ID=ADDRESS    one more tunnel in the same process; may be repeated
  -token TOKEN           better not: RUNNER_TOKEN_FILE, RUNNER_TOKEN, or USER_API_TOKEN for sandbox- tunnels
  --ca-file FILE         trust the certificates in this PEM file too; may be repeated
  --server-name NAME     ask for, and check, this name in TLS instead of the one in the URL
  --transport MODE       auto (default: generation 3, over what the path lets through), mux or mux-websocket (only that);
                         hijack or websocket for an API of before generation 3
  --log-level LEVEL      debug, info (default), warn, error or silent
  --health-port PORT     serve GET /healthz on 127.0.0.1: 200 when every tunnel is connected, else 503
  --exit-on-refusal      end with status 2 when every tunnel is refused (401, 403); else they are asked for again for ever
  --refused-after SEC    with it: believe a refusal after this many seconds; default 60
  --json                 of doctor: its findings as JSON
  --version, --help

Without -runner-id and --tunnel the environment decides: HELIX_SESSION_ID makes a sandbox- tunnel to 127.0.0.1:9876;
SANDBOX_INSTANCE_ID or WOLF_INSTANCE_ID makes a wolf- tunnel to WOLF_SOCKET_PATH (/var/run/wolf/wolf.sock) and a
moonlight- tunnel to 127.0.0.1:8080. HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are respected.

exit status: 0 asked to stop, 1 misconfigured, 2 refused (--exit-on-refusal), 3 the doctor found something, 70 defect in the agent
`;
