import { ExternalAgentError } from '../../external-agent-error.js';

/** A device of the host in every desktop, or in those on hosts of one vendor. */
export interface DesktopDevice {
  readonly vendor: string | undefined;
  readonly source: string;
  readonly destination: string;
  /** Of read, write and mknod. */
  readonly permissions: string;
}

const DEVICE = /^(?:([a-z]{2,16})=)?(\/dev\/[^:]+)(?::(\/dev\/[^:]+?)(?::([rwm]{1,3}))?)?$/;
const DEVICE_PATH = /^\/dev(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,63}){1,4}$/;

/**
 * Reads `[vendor=]/dev/source[:/dev/destination[:permissions]]`; without the rest, the same path, for reading and writing.
 * @throws ExternalAgentError INVALID_REQUEST with what is wrong and without the text
 */
export function parseDesktopDevice(text: string): DesktopDevice {
  const [, vendor, source = '', destination = source, permissions = 'rw'] = DEVICE.exec(text) ?? [];
  const isKnown = DEVICE_PATH.test(source) && DEVICE_PATH.test(destination);
  if (!isKnown || new Set(permissions).size !== permissions.length) {
    throw new ExternalAgentError(
      'INVALID_REQUEST',
      'must be /dev/source, /dev/source:/dev/destination or that with :rwm, with vendor= before it if it is for one vendor',
    );
  }
  return { vendor, source, destination, permissions };
}

/** The device as Wolf takes it. */
export function printDevice({ source, destination, permissions }: DesktopDevice): string {
  return `${source}:${destination}:${permissions}`;
}
