import {
  checkOperatorVariable,
  EXTERNAL_AGENT_LIMITS,
  ExternalAgentError,
  givesHostControl,
  LINUX_CAPABILITIES,
  parseDesktopDevice,
  parseDesktopMount,
  type DesktopConfig,
} from '@helix/external-agent';
import { z } from 'zod';
import { flag, image, list, setting, whole } from './setting-schemas.js';

/** What the operator says about desktops; the API's address is the rest of a `DesktopConfig`. */
export type DesktopSettings = Omit<DesktopConfig, 'apiUrl'>;

/** How a desktop is made. Everything here ends in colon-separated strings or JSON on a host, so all of it is checked. */
export const DESKTOP_SETTINGS = {
  DESKTOP_IMAGE: setting(
    image().default('helix-sway:latest'),
    'Desktop image for hosts that do not name their version',
  ),
  DESKTOP_IMAGE_REPOSITORY: setting(
    image().default('helix-sway'),
    "Repository whose tag is the host's desktop version",
  ),
  DESKTOP_IMAGE_ALLOW: setting(list(image()), 'Images a caller may ask for, comma-separated'),
  DESKTOP_STATE_ROOT: setting(
    z
      .string()
      .regex(/^(?!.*\/\.\.?(?:\/|$))\/[A-Za-z0-9/._-]*$/, 'must be an absolute path without "." and ".." in it')
      .default('/wolf-state'),
    'Folder on hosts for the workspaces',
  ),
  DESKTOP_NAME: setting(
    z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, 'must be the name of a desktop')
      .default('sway'),
    'Which of the `desktop_versions` of a host is the version of its image; `sway_version` is that of `sway`',
  ),
  DESKTOP_ENV: setting(
    list(checked(checkOperatorVariable), EXTERNAL_AGENT_LIMITS.environmentMaxEntries).refine(
      (entries) =>
        entries.reduce((sum, entry) => sum + Buffer.byteLength(entry), 0) <= EXTERNAL_AGENT_LIMITS.environmentMaxBytes,
      'is too long all together',
    ),
    'Environment of every desktop: `NAME=value`, comma-separated, a comma within a value as `\\,`',
  ),
  DESKTOP_MOUNTS: setting(
    list(checked(parseDesktopMount), 32).refine(
      (texts) => new Set(texts.map(destinationIn)).size === texts.length,
      'has a destination twice',
    ),
    'Folders of the host in every desktop: `source:destination[:ro]`, comma-separated; `{session_id}` in a source is the session',
  ),
  DESKTOP_ALLOW_DOCKER_SOCKET: setting(
    flag().default(false),
    'Let `DESKTOP_MOUNTS` hand in a socket of Docker or Wolf, or a folder with one: its holder owns the host',
  ),
  DESKTOP_DEVICES: setting(
    list(
      checked((text) => text === 'none' || parseDesktopDevice(text)),
      32,
    ).default(['amd=/dev/kfd']),
    'Devices beside the render node: `[vendor=]/dev/source[:/dev/destination[:rwm]]`, comma-separated; `none`: no others. One that a host lacks keeps its desktops from starting',
  ),
  DESKTOP_MEMORY_MB: setting(whole(256, 4_194_304).optional(), 'Memory of a desktop, without swap; unset: no limit'),
  DESKTOP_CPUS: setting(
    z
      .string()
      .regex(/^\d{1,4}(?:\.\d{1,3})?$/, 'must be a number from 0.1 to 1024')
      .transform(Number)
      .refine((count) => count >= 0.1 && count <= 1024, 'must be a number from 0.1 to 1024')
      .optional(),
    'Processors of a desktop, such as `2.5`; unset: no limit',
  ),
  DESKTOP_SHM_MB: setting(whole(64, 1_048_576).default(1024), 'Shared memory (`/dev/shm`) of a desktop'),
  DESKTOP_PIDS_LIMIT: setting(whole(64, 4_194_304).default(8192), 'Processes and threads of a desktop'),
  DESKTOP_PRIVILEGED: setting(flag().default(false), "Docker's privileged mode for desktops: their users own the host"),
  DESKTOP_CAP_ADD: setting(
    list(
      z
        .string()
        .transform((text) => text.toUpperCase().replace(/^CAP_/, ''))
        .refine((name) => LINUX_CAPABILITIES.has(name), 'must be names of Linux capabilities'),
    ),
    'Linux capabilities added to desktops, comma-separated, such as `SYS_ADMIN`',
  ),
} as const;

type DesktopEnv = z.output<
  z.ZodObject<{ [Name in keyof typeof DESKTOP_SETTINGS]: (typeof DESKTOP_SETTINGS)[Name]['schema'] }>
>;

export function desktopSettings(env: DesktopEnv): DesktopSettings {
  return {
    desktopName: env.DESKTOP_NAME,
    defaultImage: env.DESKTOP_IMAGE,
    imageRepository: env.DESKTOP_IMAGE_REPOSITORY,
    allowedImages: env.DESKTOP_IMAGE_ALLOW,
    stateRoot: env.DESKTOP_STATE_ROOT.replace(/\/+$/, ''),
    environment: env.DESKTOP_ENV,
    mounts: env.DESKTOP_MOUNTS.map(parseDesktopMount),
    devices: env.DESKTOP_DEVICES.filter((text) => text !== 'none').map(parseDesktopDevice),
    resources: {
      memoryMb: env.DESKTOP_MEMORY_MB,
      cpus: env.DESKTOP_CPUS,
      shmMb: env.DESKTOP_SHM_MB,
      pidsLimit: env.DESKTOP_PIDS_LIMIT,
    },
    security: { isPrivileged: env.DESKTOP_PRIVILEGED, addedCapabilities: env.DESKTOP_CAP_ADD },
  };
}

/** The fault between two settings, reported besides those of the others. Unreadable values are reported by their own setting. */
export function mountFaults(present: Readonly<Record<string, string | undefined>>): readonly string[] {
  const isAllowed = DESKTOP_SETTINGS.DESKTOP_ALLOW_DOCKER_SOCKET.schema.safeParse(
    present['DESKTOP_ALLOW_DOCKER_SOCKET'],
  );
  const mounts = DESKTOP_SETTINGS.DESKTOP_MOUNTS.schema.safeParse(present['DESKTOP_MOUNTS']);
  if (isAllowed.data === true || mounts.data?.map(parseDesktopMount).some(givesHostControl) !== true) return [];
  return ['DESKTOP_MOUNTS: hands the host to desktops (a socket of Docker or Wolf); see DESKTOP_ALLOW_DOCKER_SOCKET'];
}

/** Also of a text that is no mount, which is a fault of its own. */
function destinationIn(mount: string): string {
  return mount.split(':', 2)[1]?.replace(/\/$/, '') ?? mount;
}

/** A text which `read` takes, or throws what is wrong with it. */
function checked(read: (text: string) => unknown): z.ZodType<string, string> {
  return z.string().superRefine((text, context) => {
    try {
      read(text);
    } catch (error) {
      if (!(error instanceof ExternalAgentError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  });
}
