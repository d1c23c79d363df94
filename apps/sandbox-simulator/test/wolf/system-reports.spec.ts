import { lobbyBody } from '../wolf-request.js';
import { SESSION_ID } from './example-bodies.js';
import { bodyOf, RawWolf } from './raw-wolf.js';

describe('the reports of the simulated Wolf about GPU, health and keyboards', () => {
  let raw: RawWolf;
  beforeEach(async () => {
    raw = await RawWolf.start();
  });
  afterEach(() => raw.close());

  const gpuStats = async (): Promise<unknown> =>
    (bodyOf(await raw.get('/system/memory')) as { readonly gpu_stats: unknown }).gpu_stats;
  const health = async (): Promise<unknown> => bodyOf(await raw.get('/system/health'));

  it('grows with lobbies and sessions, unless it is told what to say', async () => {
    expect(await gpuStats()).toMatchObject({ encoder_session_count: 0, memory_used_mb: 1116, memory_total_mb: 98_304 });
    await raw.post('/lobbies/create', lobbyBody([]));
    raw.wolf.launchSession({ clientId: '7' });
    expect(await gpuStats()).toMatchObject({ encoder_session_count: 1, memory_used_mb: 2140 });
    Object.assign(raw.wolf.faults, { encoderSessionCount: 8, videoMemoryUsedMb: 20_000, videoMemoryTotalMb: 16_380 });
    expect(await gpuStats()).toMatchObject({
      encoder_session_count: 8,
      memory_used_mb: 16_380,
      memory_total_mb: 16_380,
    });
  });

  it('measures on AMD nothing but memory', async () => {
    raw.wolf.faults.gpuStats = 'amd';
    raw.wolf.launchSession({ clientId: '7' });
    expect(await gpuStats()).toMatchObject({
      available: true,
      gpu_name: 'AMD Radeon Pro W7900',
      encoder_session_count: 0,
      temperature_celsius: 0,
      memory_used_mb: 1116,
    });
  });

  it('has as many stuck threads as it is told, and is critical without pipelines', async () => {
    raw.wolf.faults.stuckThreadCount = 3;
    expect(await health()).toMatchObject({
      overall_status: 'degraded',
      stuck_thread_count: 3,
      total_thread_count: 4,
      can_create_new_pipelines: true,
    });
    raw.wolf.faults.canCreatePipelines = false;
    expect(await health()).toMatchObject({ overall_status: 'critical', can_create_new_pipelines: false });
    Object.assign(raw.wolf.faults, { stuckThreadCount: 0, canCreatePipelines: true });
    expect(await health()).toMatchObject({ overall_status: 'healthy', stuck_thread_count: 0 });
  });

  it.each([
    ['nov25', false],
    ['jan26', true],
  ] as const)('prints the keyboard of %s with layers: %s', async (era, hasLayers) => {
    const other = await RawWolf.start({ era });
    other.wolf.launchSession({ clientId: SESSION_ID });
    other.wolf.faults.stuckShift = true;
    const state = await other.get('/keyboard/state');
    expect(state).toContain('"pressed_keys":[16],"pressed_key_names":["SHIFT"],"modifier_state":{"shift":true');
    expect(state.includes('"has_mismatch":true')).toBe(hasLayers);
    expect(await other.post('/keyboard/reset', { session_id: SESSION_ID })).toContain('"released_keys":["SHIFT"]');
    expect(await other.get('/keyboard/state')).toContain('"pressed_keys":[]');
    expect(await other.post('/keyboard/reset', { session_id: 'x' })).toContain('400 OK');
    await other.close();
  });
});
