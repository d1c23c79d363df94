import { moonlightRouteOf } from './moonlight-routes.js';

const pathOf = (method: string, path: string): string | undefined => moonlightRouteOf(method, path, 'helix')?.path;

describe('moonlightRouteOf', () => {
  it.each([
    ['GET', 'authenticate'],
    ['GET', 'hosts'],
    ['GET', 'host'],
    ['GET', 'apps'],
    ['GET', 'app/image'],
    ['GET', 'sessions'],
    ['GET', 'admin/status'],
    ['POST', 'pair'],
    ['POST', 'host/wake'],
    ['POST', 'host/cancel'],
  ])('passes %s %s on, with and without /api', (method, name) => {
    expect(pathOf(method, `/moonlight/${name}`)).toBe(`/api/${name}`);
    expect(pathOf(method, `/moonlight/api/${name}`)).toBe(`/api/${name}`);
  });

  it.each([
    ['PUT', '/moonlight/api/host'],
    ['DELETE', '/moonlight/api/host'],
    ['POST', '/moonlight/api/hosts'],
    ['HEAD', '/moonlight/api/hosts'],
    ['get', '/moonlight/api/hosts'],
    ['GET', '/moonlight/api/pair'],
    ['GET', '/moonlight/host/stream'],
    ['GET', '/moonlight/api/streamers'],
    ['GET', '/moonlight/config.js'],
    ['GET', '/moonlight/stream.html'],
    ['GET', '/moonlight'],
    ['GET', '/moonlight/'],
    ['GET', '/moonlight/api'],
    ['GET', '/moonlight/api/api/hosts'],
    ['GET', '/Moonlight/api/hosts'],
    ['GET', '/moonlight/API/hosts'],
    ['GET', '/moonlight/api/Hosts'],
    ['GET', '/moonlight/api/hosts/'],
    ['GET', '/moonlight//api/hosts'],
    ['GET', '/moonlight/api//hosts'],
    ['GET', '//moonlight/api/hosts'],
    ['GET', '/moonlight/api/./hosts'],
    ['GET', '/moonlight/api/x/../hosts'],
    ['GET', '/moonlight/../api/hosts'],
    ['GET', '/moonlight/api%2fhosts'],
    ['GET', '/moonlight/api/%68osts'],
    ['GET', '/moonlight/api/host%2Fstream'],
    ['GET', '/moonlight/api/%2e%2e/hosts'],
    ['GET', '/moonlight/api/hosts;x=1'],
    ['GET', '/moonlight/api/hosts\\'],
    ['GET', '/moonlight/api/hosts%00'],
    ['GET', 'http://api/moonlight/api/hosts'],
  ])('passes %s %s on to nobody', (method, path) => {
    expect(moonlightRouteOf(method, path, 'v3')).toBeUndefined();
  });

  it('knows signalling by HTTP only where the host speaks v3', () => {
    const calls = [
      ['OPTIONS', '/moonlight/api/host/stream/webrtc', undefined],
      ['POST', '/moonlight/api/host/stream/webrtc', 'application/sdp'],
      ['PATCH', '/moonlight/host/stream/webrtc/a-1', 'application/trickle-ice-sdpfrag'],
      ['DELETE', '/moonlight/api/host/stream/webrtc/a-1', undefined],
    ] as const;
    for (const [method, path, bodyType] of calls) {
      expect(moonlightRouteOf(method, path, 'v3')).toMatchObject({ method, bodyType });
      expect(moonlightRouteOf(method, path, 'v2')).toBeUndefined();
      expect(moonlightRouteOf(method, path, 'helix')).toBeUndefined();
    }
    expect(moonlightRouteOf('GET', '/moonlight/api/host/stream/webrtc', 'v3')).toBeUndefined();
    expect(moonlightRouteOf('DELETE', '/moonlight/api/host/stream/webrtc', 'v3')).toBeUndefined();
    expect(moonlightRouteOf('PATCH', '/moonlight/api/host/stream/webrtc/a/b', 'v3')).toBeUndefined();
  });
});
