import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/chromium.js';
import { ControlPlane } from '../support/control-plane.js';
import { eventually } from '@helix/pacing/testing';
import { GpuHost } from '../support/gpu-host.js';
import type { RestClient } from '../support/rest-client.js';
import { ViewerPage } from '../support/viewer-page.js';

const CREDENTIALS = 'of-the-hosts';

describe('a desktop in a real browser', () => {
  let browser: Browser;
  let plane: ControlPlane;
  beforeAll(async () => {
    [browser, plane] = await Promise.all([
      launchChromium(),
      ControlPlane.start({ MOONLIGHT_CREDENTIALS: CREDENTIALS, RUNNER_GRACE_MS: '20000' }),
    ]);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await plane.close();
  });

  const hostWith = (transport: string): Promise<GpuHost> =>
    GpuHost.start(plane, transport, ['--transport', transport, '--moonlight-credentials', CREDENTIALS]);
  const sessionOf = async (user: RestClient): Promise<string> =>
    String((await user.post('/api/v1/external-agents', {})).body['session_id']);
  const pageOf = (id: string): string => `${plane.url}/console/sessions/${id}`;

  it.each(['hijack', 'websocket', 'mux', 'mux-websocket'])(
    'is seen, worked with, lost and found again over a link by %s, and shared until that is revoked',
    async (transport) => {
      const host = await hostWith(transport);
      const owner = await plane.user(`owner-${transport}`);
      try {
        const id = await sessionOf(owner);
        await plane.connected(`moonlight-${transport}`);
        const viewer = await ViewerPage.open(browser, pageOf(id), owner.key);
        await viewer.until('connected');
        await viewer.showsMovingPicture();

        const video = viewer.page.locator('#desktop');
        await video.click();
        await viewer.page.keyboard.press('a');
        await eventually(async () => {
          const inputs = await host.inputs();
          expect(inputs).toEqual(
            expect.arrayContaining([
              'mouseClicks 020101',
              'mouseClicks 020001',
              'keyboard 0001000041',
              'keyboard 0000000041',
            ]),
          );
          expect(inputs.some((input) => /^mouseAbsolute 01[0-9a-f]{8}10001000$/.test(input))).toBe(true);
        });
        await eventually(async () => {
          const { viewers } = (await owner.get(`/api/v1/sessions/${id}/viewers`)).body;
          expect(viewers).toMatchObject([{ user_id: `owner-${transport}`, state: 'connected', role: 'control' }]);
        });

        await host.faults({ linkState: 'refusing' });
        await host.cutLinks();
        await viewer.until('reconnecting');
        await host.faults({ linkState: 'passing' });
        await viewer.until('connected');
        await viewer.showsMovingPicture();

        const share = (await owner.post(`/api/v1/sessions/${id}/shares`, { role: 'control' })).body;
        const guest = await ViewerPage.open(browser, String(share['url']));
        await guest.until('connected');
        await guest.showsMovingPicture();
        await owner.delete(`/api/v1/sessions/${id}/shares/${String(share['id'])}`);
        await guest.until('refused', 3_000);
        await guest.page.reload();
        await guest.until('refused');
        expect(await viewer.state()).toBe('connected');

        expect([...viewer.complaints, ...guest.complaints]).toEqual([]);
        await Promise.all([viewer.close(), guest.close()]);
        await eventually(async () => {
          expect(await host.streamCount()).toBe(0);
        });
        expect((await host.moonlight())['violations']).toEqual([]);
      } finally {
        await host.close();
      }
    },
    90_000,
  );

  it('is clicked in its corners, in windows of every shape', async () => {
    const display = { width: 2560, height: 1440 };
    const host = await hostWith('auto');
    try {
      const owner = await plane.user('pointing');
      const wish = { display_width: display.width, display_height: display.height };
      const id = String((await owner.post('/api/v1/external-agents', wish)).body['session_id']);
      await plane.connected('moonlight-auto');
      const viewer = await ViewerPage.open(browser, pageOf(id), owner.key);
      for (const [width, height] of [
        [1366, 657],
        [1920, 947],
        [390, 664],
        [812, 375],
      ] as const) {
        await viewer.page.setViewportSize({ width, height });
        await viewer.page.reload();
        await viewer.until('connected');
        await viewer.showsMovingPicture();
        const { mouse } = viewer.page;
        const picture = await viewer.pictureBox();
        const before = (await host.clicks(id)).length;
        // Until it is in the lobby, which follows the connection, nothing that it does reaches the desktop.
        await eventually(async () => {
          await mouse.click(picture.x + picture.width / 2, picture.y + picture.height / 2);
          expect((await host.clicks(id)).length).toBeGreaterThan(before);
        });
        for (const x of [picture.x + 1, picture.x + picture.width - 1]) {
          for (const y of [picture.y + 1, picture.y + picture.height - 1]) await mouse.click(x, y);
        }
        // One pixel of a small picture is several of the desktop.
        const near = Math.ceil((2 * display.width) / picture.width);
        const edge = (at: number, size: number): unknown => (at < near ? 'first' : at >= size - near ? 'last' : at);
        await eventually(async () => {
          const last = (await host.clicks(id)).slice(-4);
          expect(last.map(({ x, y }) => [edge(x, display.width), edge(y, display.height)])).toEqual([
            ['first', 'first'],
            ['first', 'last'],
            ['last', 'first'],
            ['last', 'last'],
          ]);
        });
      }
      const { inits } = await host.moonlight();
      expect(inits).not.toEqual([]);
      expect(inits).toEqual(
        (inits as unknown[]).map(() => expect.objectContaining({ ...display, fps: 60 }) as unknown),
      );
      await viewer.close();
    } finally {
      await host.close();
    }
  }, 120_000);

  it('leaves nothing on its host when the browser is killed with -9', async () => {
    const host = await hostWith('auto');
    const killed = await launchChromium();
    try {
      const owner = await plane.user('owner');
      const id = await sessionOf(owner);
      await plane.connected('moonlight-auto');
      const viewer = await ViewerPage.open(killed, pageOf(id), owner.key);
      await viewer.until('connected');
      expect(await host.streamCount()).toBe(1);
      const cdp = await killed.newBrowserCDPSession();
      const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
      for (const { id: pid } of processInfo) process.kill(pid, 'SIGKILL');
      const killedAtMs = performance.now();
      await eventually(async () => {
        expect(await host.streamCount()).toBe(0);
      }, 5_000);
      expect(performance.now() - killedAtMs).toBeLessThan(2_000);
    } finally {
      await killed.close().catch(() => undefined);
      await host.close();
    }
  }, 60_000);
});
