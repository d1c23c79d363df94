import { eventually } from '@helix/pacing/testing';
import { OWNER, RUNNING } from '../support/session-rig.js';
import { crashWhileStarting, playColumns } from './fault-table.js';

describe('a resume under each fault of Wolf', () => {
  playColumns(['resume'], (world) => {
    it('that crashes while it makes the lobby × resume', async () => {
      expect(await crashWhileStarting(world(), 'resume')).toEqual({
        answer: 'starting',
        states:
          'stopped queued placing starting starting:START_FAILED(WOLF_UNREACHABLE) placing:START_FAILED(WOLF_UNREACHABLE) running',
        pages: 'absent starting there',
        rest: RUNNING,
      });
    });

    it('that takes back an unfinished stop is shown as starting', async () => {
      const { all, wolf } = world();
      const { id } = await all.agents.create({ ownerId: OWNER });
      const page = async (): Promise<string> => all.feed.glance(await world().get(id)).appState;
      await wolf.crash();
      expect([(await all.agents.stop(id)).state, await page()]).toEqual(['stopping', 'absent']);
      expect([(await all.agents.resume(id)).state, await page()]).toEqual(['stopping', 'starting']);
      await wolf.start();
      await eventually(async () => {
        await world().takeTurns();
        expect(await world().holdings(id)).toEqual(RUNNING);
      });
    });
  });
});
