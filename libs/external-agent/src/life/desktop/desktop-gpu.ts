import { isGpuVendor, isRenderNode } from '@helix/scheduler';
import type { DesktopHost } from './desktop-host.js';

/** How desktops on a host draw and how their picture reaches the encoder. */
export interface DesktopGpu {
  /** `none`: no GPU; empty: the host does not say. */
  readonly vendor: string;
  /** A device, or `SOFTWARE` for llvmpipe (wolf-api §3.5). */
  readonly renderNode: string;
  readonly bufferCaps: string;
  /** Devices that Wolf is told to hand in. */
  readonly devices: readonly string[];
  /** Devices to which the image gives its user access. */
  readonly requiredDevices: string;
}

const SOFTWARE = 'SOFTWARE';
/** What Wolf itself assumes (wolf-api §3.5). */
const USUAL_RENDER_NODE = '/dev/dri/renderD128';
const PLAIN_MEMORY = 'video/x-raw';

/**
 * By the host's vendor, since fleets are mixed. The zero-copy caps need the GPU that they name, so a vendor that is not known
 * gets plain memory, which works everywhere. NVIDIA's devices differ with each driver and Docker refuses one that is not
 * there: Wolf finds them by the render node itself, and they are not listed.
 */
export function desktopGpu(host: DesktopHost): DesktopGpu {
  const vendor = isGpuVendor(host.gpuVendor) ? host.gpuVendor.toLowerCase() : '';
  const reported = isRenderNode(host.renderNode) && host.renderNode !== '' ? host.renderNode : USUAL_RENDER_NODE;
  const renderNode = vendor === 'none' ? SOFTWARE : reported;
  if (renderNode === SOFTWARE) {
    return { vendor, renderNode, bufferCaps: PLAIN_MEMORY, devices: [], requiredDevices: '/dev/input/*' };
  }
  const node = `${renderNode}:${renderNode}:rw`;
  switch (vendor) {
    case 'nvidia':
      return {
        vendor,
        renderNode,
        bufferCaps: 'video/x-raw(memory:CUDAMemory)',
        devices: [],
        requiredDevices: '/dev/input/* /dev/dri/* /dev/nvidia*',
      };
    case 'amd':
      return {
        vendor,
        renderNode,
        bufferCaps: 'video/x-raw(memory:DMABuf)',
        devices: [node],
        requiredDevices: '/dev/input/* /dev/dri/* /dev/kfd',
      };
    case 'intel':
      return {
        vendor,
        renderNode,
        bufferCaps: 'video/x-raw(memory:DMABuf)',
        devices: [node],
        requiredDevices: '/dev/input/* /dev/dri/*',
      };
    default:
      return {
        vendor,
        renderNode,
        bufferCaps: PLAIN_MEMORY,
        devices: [],
        requiredDevices: '/dev/input/* /dev/dri/*',
      };
  }
}
