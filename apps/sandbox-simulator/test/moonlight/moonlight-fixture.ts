import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  SimulatedMoonlightWeb,
  type SimulatedMoonlightWebOptions,
  SimulatedWolf,
  SimulatedWolfSide,
} from '@helix/sandbox-simulator';

export const CREDENTIALS = 's3cret';
/** The id of the one app that the simulated Wolf has. */
export const APP_ID = 134_906_179;

export interface MoonlightFixture {
  readonly moonlight: SimulatedMoonlightWeb;
  readonly wolf: SimulatedWolf;
  readonly close: () => Promise<void>;
}

/** A Moonlight Web in front of a Wolf, with the scripted engine unless another one is asked for. */
export async function startMoonlight(options: Partial<SimulatedMoonlightWebOptions> = {}): Promise<MoonlightFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'moonlight-'));
  const wolf = new SimulatedWolf({ socketPath: join(folder, 'wolf.sock') });
  await wolf.start();
  const moonlight = new SimulatedMoonlightWeb({
    credentials: CREDENTIALS,
    wolf: new SimulatedWolfSide(wolf),
    engine: 'scripted',
    ...options,
  });
  await moonlight.start();
  return {
    moonlight,
    wolf,
    close: async () => {
      await moonlight.close();
      await wolf.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
