import { RUNNING } from '../support/session-rig.js';
import { crashWhileStarting, playColumns } from './fault-table.js';

describe('a create under each fault of Wolf', () => {
  playColumns(['create'], (world) => {
    it('that crashes while it makes the lobby × create', async () => {
      expect(await crashWhileStarting(world(), 'create')).toEqual({
        answer: 'starting',
        states:
          'queued placing starting starting:START_FAILED(WOLF_UNREACHABLE) placing:START_FAILED(WOLF_UNREACHABLE) running',
        pages: 'starting there',
        rest: RUNNING,
      });
    });
  });
});
