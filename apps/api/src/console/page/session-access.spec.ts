import { parseSessionAccess } from './session-access.js';

describe('what a viewer may do', () => {
  it('is as the API says', () => {
    const body = { name: 'A', state: 'running', role: 'control', via: 'owner', expires_at: '2026-01-31T12:00:00Z' };
    expect(parseSessionAccess(body)).toEqual({
      name: 'A',
      state: 'running',
      role: 'control',
      expiresAt: new Date('2026-01-31T12:00:00Z'),
    });
  });

  it('is the least where it is not clear', () => {
    const least = { name: 'Desktop', state: 'running', role: 'view', expiresAt: undefined };
    expect(parseSessionAccess({ name: '', state: 'running', role: 'root', expires_at: null })).toEqual(least);
    expect(parseSessionAccess({ state: 'running', expires_at: 'soon' })).toEqual(least);
    expect(parseSessionAccess(null)).toBeUndefined();
    expect(parseSessionAccess({ role: 'control' })).toBeUndefined();
  });
});
