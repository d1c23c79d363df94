import { parseSessionAccess } from './session-access.js';

describe('what a viewer may do', () => {
  it('is as the API says', () => {
    const body = { name: 'A', state: 'running', role: 'control', via: 'owner', expires_at: '2026-01-31T12:00:00Z' };
    expect(parseSessionAccess(body)).toEqual({
      name: 'A',
      state: 'running',
      role: 'control',
      expiresAt: new Date('2026-01-31T12:00:00Z'),
      display: { width: 1920, height: 1080, fps: 60 },
    });
    const display = { width: 2560, height: 1440, refresh_rate: 30 };
    expect(parseSessionAccess({ ...body, display })?.display).toEqual({ width: 2560, height: 1440, fps: 30 });
  });

  it('is the least where it is not clear', () => {
    const display = { width: 1920, height: 1080, fps: 60 };
    const least = { name: 'Desktop', state: 'running', role: 'view', expiresAt: undefined, display };
    expect(parseSessionAccess({ name: '', state: 'running', role: 'root', expires_at: null })).toEqual(least);
    expect(parseSessionAccess({ state: 'running', expires_at: 'soon', display: { width: 0 } })).toEqual(least);
    expect(parseSessionAccess(null)).toBeUndefined();
    expect(parseSessionAccess({ role: 'control' })).toBeUndefined();
  });
});
