import type { Browser, BrowserContext, Page } from 'playwright-core';
import { eventually } from '@helix/pacing/testing';

const PICTURE = `(() => {
  const video = document.querySelector('video');
  if (video.videoWidth === 0) return 'nothing';
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  return canvas.toDataURL('image/png');
})()`;

const PICTURE_SIZE = `(({ videoWidth, videoHeight }) => [videoWidth, videoHeight])(document.querySelector('video'))`;

/** The viewer page in a real browser, as a person has it before him. */
export class ViewerPage {
  /** What the browser itself complains about, refused requests aside. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource|WebSocket connection to/.test(message.text())) {
        this.complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  /** Signed in by cookie where a key is given. */
  static async open(browser: Browser, url: string, key?: string): Promise<ViewerPage> {
    const context = await browser.newContext({ viewport: { width: 1000, height: 800 } });
    if (key !== undefined) {
      await context.addCookies([{ name: 'access_token', value: key, url: new URL(url).origin, httpOnly: true }]);
    }
    const viewer = new ViewerPage(await context.newPage(), context);
    await viewer.page.goto(url);
    return viewer;
  }

  async state(): Promise<string> {
    return (await this.page.getAttribute('#main', 'data-state')) ?? '';
  }

  async until(state: string, timeoutMs = 15_000): Promise<void> {
    await eventually(async () => {
      expect(await this.state()).toBe(state);
    }, timeoutMs);
  }

  async framesDecoded(): Promise<number> {
    return Number(await this.page.getAttribute('#main', 'data-frames-decoded'));
  }

  /** Frames are decoded, and what they show goes on. */
  async showsMovingPicture(): Promise<void> {
    await eventually(async () => {
      expect(await this.framesDecoded()).toBeGreaterThan(5);
    }, 15_000);
    const first = await this.#picture();
    await eventually(async () => {
      expect(await this.#picture()).not.toBe(first);
    }, 5_000);
  }

  /** Where the picture itself is in the window, without the bars beside it. */
  async pictureBox(): Promise<{
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }> {
    const video = this.page.locator('#desktop');
    await video.scrollIntoViewIfNeeded();
    const box = await video.boundingBox();
    const [width = 0, height = 0] = await this.page.evaluate<number[]>(PICTURE_SIZE);
    if (box === null || width === 0 || height === 0) throw new Error('there is no picture');
    const scale = Math.min(box.width / width, box.height / height);
    const shown = { width: width * scale, height: height * scale };
    return { ...shown, x: box.x + (box.width - shown.width) / 2, y: box.y + (box.height - shown.height) / 2 };
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  /** What the video shows now, as text. */
  async #picture(): Promise<string> {
    return String(await this.page.evaluate(PICTURE));
  }
}
