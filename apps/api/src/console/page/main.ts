/**
 * The viewer page. A desktop's picture comes to the browser straight from its host; what they need to find each other goes
 * through the API's socket, in the dialect of Moonlight Web.
 *
 *   main ─ Viewer ─ Attempt ─ Peer ─ InputChannels       what is tried, one try, its connection, what goes to the desktop
 *     └─ PageScreen, StatisticsPanel, …Input             what is seen and what is taken from keyboard and mouse
 *
 * Everything that decides is in files without a browser in them, beside their tests.
 */
import { ActivityReport } from './activity-report.js';
import { ApiClient } from './api-client.js';
import { wireClipboardButtons } from './clipboard-buttons.js';
import { Credentials } from './credentials.js';
import { KeyboardInput, type InputSink } from './keyboard-input.js';
import { findPageElements } from './page-elements.js';
import { PageScreen } from './page-screen.js';
import { PointerInput } from './pointer-input.js';
import { StatisticsPanel } from './statistics-panel.js';
import { streamUrl, streamWishFor, uuidOf } from './stream-request.js';
import { Viewer } from './viewer.js';

const page = findPageElements();
const screen = new PageScreen(page);
/** This file is served from `console/assets/`; what is in front of that is the proxy's. */
const base = new URL('../../', import.meta.url);
const sessionId = location.pathname.split('/').filter(Boolean).at(-1) ?? '';
const credentials = new Credentials(sessionStorage, sessionId);
takeShareLink();
const viewerId = credentials.viewerId(() => uuidOf(crypto.getRandomValues(new Uint8Array(16))));
const api = new ApiClient(base, sessionId, () => credentials.current);
const viewer = new Viewer(
  {
    access: () => api.access(),
    url: () => streamUrl(base, sessionId, viewerId, credentials.current),
    wish: (display) => streamWishFor(display, window.innerWidth),
  },
  screen,
);
const statistics = new StatisticsPanel(page, () => viewer.statistics());
const activity = new ActivityReport(
  () => void api.reportActivity(),
  () => performance.now(),
);
const sink: InputSink = {
  isTaken: () => viewer.role === 'control' && page.video.srcObject !== null,
  send: (label, bytes) => {
    if (viewer.send(label, bytes)) activity.note();
  },
};
new KeyboardInput(page.video, sink, () => {
  if (document.pointerLockElement !== null) document.exitPointerLock();
  page.sound.focus();
  screen.note('The keyboard is yours again.');
});
const pointer = new PointerInput(page.video, sink);
wireClipboardButtons(page, api, (words) => screen.note(words));

page.signIn.addEventListener('submit', (event) => {
  event.preventDefault();
  const isToken = credentials.takeToken(page.token.value);
  page.tokenFault.hidden = isToken;
  page.token.setAttribute('aria-invalid', String(!isToken));
  if (!isToken) {
    page.token.focus();
    return;
  }
  page.token.value = '';
  begin();
});
page.begin.addEventListener('click', () => begin());
page.forget.addEventListener('click', () => {
  credentials.forget();
  begin();
});
page.sound.addEventListener('click', () => {
  page.video.muted = !page.video.muted;
  page.sound.textContent = page.video.muted ? 'Turn sound on' : 'Turn sound off';
});
page.lock.addEventListener('click', () => {
  if (pointer.isLocked || page.video.srcObject === null) return;
  page.video.focus();
  // Older browsers answer with nothing at all.
  Promise.resolve(page.video.requestPointerLock()).catch(() => screen.note('The browser keeps the mouse.'));
});
document.addEventListener('pointerlockchange', () => {
  screen.note(pointer.isLocked ? 'The mouse is the desktop’s; Escape gives it back.' : 'The mouse is yours again.');
});
// A share link that is opened in this very tab changes the fragment only.
window.addEventListener('hashchange', () => {
  if (takeShareLink()) begin();
});
window.addEventListener('pagehide', () => {
  viewer.stop();
  statistics.stop();
});
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) begin();
});
begin();

function begin(): void {
  page.forget.hidden = credentials.current.kind === 'cookie';
  viewer.start();
  statistics.start();
}

/** The token does not stay in the address bar, from where it would be copied, bookmarked and photographed. */
function takeShareLink(): boolean {
  if (!location.hash.startsWith('#share=')) return false;
  const isTaken = credentials.takeShare(location.hash);
  history.replaceState(null, '', location.pathname + location.search);
  return isTaken;
}
