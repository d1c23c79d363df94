import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { type Dockerfile, DockerfileParser, type From, type JSONInstruction } from 'dockerfile-ast';
import { parse } from 'yaml';

import { SETTINGS } from '../../apps/api/src/config/api-config.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SECRETS = /TOKEN|PASSWORD|SECRET|KEY|CREDENTIAL/;

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly init?: boolean;
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly networks?: readonly string[];
  readonly network_mode?: string;
  readonly stop_grace_period?: string;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, unknown>>;
}

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const dockerfiles = readdirSync(path.join(ROOT, 'deploy')).filter((file) => file.endsWith('.Dockerfile'));
const compose = parse(read('docker-compose.yml')) as Compose;

describe.each(dockerfiles)('deploy/%s', (name) => {
  const dockerfile = DockerfileParser.parse(read(`deploy/${name}`));
  const stages = dockerfile.getFROMs();
  const stageNames = stages.map((stage) => stage.getBuildStage());
  const last = inStage(dockerfile, stages.at(-1));

  it('ends in a stage of its own, on a fixed line of a slim image', () => {
    expect(stages.length).toBeGreaterThan(1);
    for (const stage of stages) {
      const image = stage.getImage() ?? '';
      expect(stageNames.includes(image) || /^node:\d+-bookworm-slim$/.test(image)).toBe(true);
    }
  });

  it('does not run as root', () => {
    const user = last
      .filter((line) => line.getKeyword() === 'USER')
      .at(-1)
      ?.getArgumentsContent();
    expect(user).toBe('node');
  });

  it('starts its program without a shell, so that signals reach it', () => {
    const entrypoints = dockerfile.getENTRYPOINTs();
    expect(entrypoints).toHaveLength(1);
    expect(wordsOf(entrypoints[0]).slice(0, 1)).toEqual(['node']);
    expect(last.find((line) => line.getKeyword() === 'STOPSIGNAL')?.getArgumentsContent()).toBe('SIGTERM');
  });

  it('starts a program that the build makes from a source that exists', () => {
    const program = wordsOf(dockerfile.getENTRYPOINTs()[0]).find((word) => word.endsWith('.js')) ?? '';
    expect(existsSync(path.join(ROOT, program.replace('/dist/', '/src/').replace(/\.js$/, '.ts')))).toBe(true);
  });

  it('checks its health with Node, which is there, and not with a tool that is not', () => {
    const [check] = dockerfile.getHEALTHCHECKs();
    expect(check?.getArgumentsContent()).toMatch(/CMD \["node", "-e", "fetch\(/);
  });

  it('copies only what exists here and is let through by .dockerignore', () => {
    const lacking = dockerfile.getCOPYs().flatMap((copy) => {
      const fromStage = copy
        .getFlags()
        .find((flag) => flag.getName() === 'from')
        ?.getValue();
      const sources = copy
        .getArguments()
        .slice(0, -1)
        .map((argument) => argument.getValue());
      if (fromStage !== undefined && fromStage !== null) {
        if (!stageNames.includes(fromStage)) return [`stage ${fromStage}`];
        const made = sources.map((source) => source.replace(/^\/app\//, ''));
        return made.filter(
          (source) => source !== 'node_modules' && !existsSync(path.join(ROOT, source.replace(/\/dist$/, '/src'))),
        );
      }
      return sources.filter((source) => !existsSync(path.join(ROOT, source)) || !isLetThrough(source));
    });
    expect(lacking).toEqual([]);
  });

  it('copies every manifest that the lock names, without which npm ci refuses', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as Lock;
    const workspaces = Object.keys(packages).filter((key) => key !== '' && !key.includes('node_modules/'));
    const copied = dockerfile.getCOPYs().flatMap((copy) => copy.getArguments().map((argument) => argument.getValue()));
    expect(workspaces.filter((folder) => !copied.includes(`${folder}/package.json`))).toEqual([]);
  });

  it('puts no secret into a layer', () => {
    const baked = dockerfile
      .getInstructions()
      .filter((line) => ['ENV', 'ARG'].includes(line.getKeyword()) && SECRETS.test(line.getArgumentsContent() ?? ''));
    expect(baked.map((line) => line.toString())).toEqual([]);
  });
});

describe('the image of the agent', () => {
  it('has the tunnel, the log and nothing of Nest', async () => {
    const script = (await import(path.join(ROOT, 'deploy/keep-dependencies.mjs'))) as {
      readonly reachablePackages: (lock: unknown, workspaces: readonly string[]) => ReadonlySet<string>;
    };
    const kept = [...script.reachablePackages(JSON.parse(read('package-lock.json')), ['apps/revdial-agent'])];
    expect(kept).toEqual(expect.arrayContaining(['node_modules/ws', 'node_modules/pino', 'libs/revdial']));
    expect(kept.filter((key) => key.includes('@nestjs') || key.includes('typeorm'))).toEqual([]);
    expect(kept.length).toBeLessThan(40);
  });
});

describe('docker-compose.yml', () => {
  const services = Object.entries(compose.services);
  const ours = services.filter(([, { build }]) => build !== undefined);

  it('has the API with its database, and the two kinds of host behind profiles', () => {
    expect(Object.fromEntries(services.map(([name, { profiles = [] }]) => [name, profiles]))).toEqual({
      postgres: [],
      api: [],
      agent: ['gpu-host'],
      simulator: ['simulator'],
    });
  });

  it.each(ours)(
    'builds %s from a Dockerfile that exists, reaps its orphans, and gives it nothing to write on',
    (_, service) => {
      expect(dockerfiles).toContain(path.basename(service.build?.dockerfile ?? ''));
      expect(service).toMatchObject({ init: true, read_only: true, restart: 'unless-stopped' });
      expect(service.stop_grace_period).toBeDefined();
    },
  );

  it('publishes no port of the database, on a network that only the API shares', () => {
    const postgres = compose.services['postgres'];
    expect(postgres?.ports).toBeUndefined();
    expect(postgres?.networks).toEqual(['database']);
    expect(compose.networks['database']?.internal).toBe(true);
    expect(services.filter(([, { networks = [] }]) => networks.includes('database')).map(([name]) => name)).toEqual([
      'postgres',
      'api',
    ]);
  });

  it('starts the API on a database that answers', () => {
    expect(compose.services['postgres']?.healthcheck?.test[0]).toBe('CMD');
    expect(compose.services['api']?.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
  });

  it('gives the API only settings that it knows, and insists on those that it needs', () => {
    const environment = compose.services['api']?.environment ?? {};
    expect(Object.keys(environment).filter((name) => !Object.hasOwn(SETTINGS, name))).toEqual([]);
    expect(environment['RUNNER_TOKEN']).toMatch(/^\$\{RUNNER_TOKEN:\?/);
    expect(environment['DATABASE_URL']).toContain('@postgres:5432/');
  });

  it('kills the API later than it has drained', () => {
    const drainMs = Number(
      /^\$\{SHUTDOWN_GRACE_MS:-(\d+)\}$/.exec(compose.services['api']?.environment?.['SHUTDOWN_GRACE_MS'] ?? '')?.[1],
    );
    const killMs = Number.parseInt(compose.services['api']?.stop_grace_period ?? '0', 10) * 1000;
    expect(killMs).toBeGreaterThan(drainMs + 5_000);
  });

  it('holds no secret and no default for one', () => {
    const given = services.flatMap(([name, { environment = {} }]) =>
      Object.entries(environment)
        .filter(
          ([variable, value]) => SECRETS.test(variable) && !/^\$\{\w+(?::\?[^}]*|:-(?:\$\{\w+\})?)?\}$/.test(value),
        )
        .map(([variable]) => `${name}: ${variable}`),
    );
    expect(given).toEqual([]);
  });

  it('is documented in .env.example, variable for variable, without secret values', () => {
    const used = new Set([...read('docker-compose.yml').matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name));
    const lines = [...read('.env.example').matchAll(/^([A-Z_]+)=(.*)$/gm)];
    expect(lines.map(([, name = '']) => name).sort()).toEqual([...used].sort());
    expect(
      lines.filter(([, name = '', value = '']) => SECRETS.test(name) && value !== '').map(([line]) => line),
    ).toEqual([]);
  });
});

function inStage(dockerfile: Dockerfile, stage: From | undefined): ReturnType<Dockerfile['getInstructions']> {
  const start = stage?.getRange().start.line ?? 0;
  return dockerfile.getInstructions().filter((line) => line.getRange().start.line >= start);
}

function wordsOf(instruction: JSONInstruction | undefined): readonly string[] {
  return (instruction?.getJSONStrings() ?? []).map((word) => word.getJSONValue());
}

/** .dockerignore here excludes all and lets single paths through. */
function isLetThrough(source: string): boolean {
  const patterns = read('.dockerignore').split('\n');
  return patterns.some((pattern) => pattern.startsWith('!') && `${source}/`.startsWith(`${pattern.slice(1)}/`));
}
