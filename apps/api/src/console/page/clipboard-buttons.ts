import type { ApiClient, Clipboard } from './api-client.js';
import type { PageElements } from './page-elements.js';

const PNG = 'image/png';

/** Two buttons carry the clipboard, for viewers who may work with the desktop; nothing is carried by itself. */
export function wireClipboardButtons(
  { copy, paste }: PageElements,
  api: ApiClient,
  note: (words: string) => void,
): void {
  copy.addEventListener('click', () => {
    void during(copy, note, 'Copying did not work', async () => {
      const content = await api.readClipboard();
      if (content === undefined) return 'The clipboard of the desktop is empty.';
      await put(content);
      return 'Copied from the desktop.';
    });
  });
  paste.addEventListener('click', () => {
    void during(paste, note, 'Pasting did not work', async () => {
      await api.writeClipboard(await taken());
      return 'Pasted to the clipboard of the desktop.';
    });
  });
}

async function during(
  button: HTMLButtonElement,
  note: (words: string) => void,
  failure: string,
  work: () => Promise<string>,
): Promise<void> {
  button.disabled = true;
  try {
    // Browsers have it on encrypted pages only.
    if (!('clipboard' in navigator)) throw new Error('this page is not encrypted');
    note(await work());
  } catch (error) {
    note(`${failure}: ${error instanceof Error ? error.message : 'no reason was given'}.`);
  } finally {
    button.disabled = false;
    // A button that was disabled has lost it.
    button.focus();
  }
}

async function put({ type, data }: Clipboard): Promise<void> {
  if (type === 'text') {
    await navigator.clipboard.writeText(data);
    return;
  }
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  await navigator.clipboard.write([new ClipboardItem({ [PNG]: new Blob([bytes], { type: PNG }) })]);
}

async function taken(): Promise<Clipboard> {
  const [item] = await navigator.clipboard.read();
  if (item?.types.includes(PNG) === true && !item.types.includes('text/plain')) {
    return { type: 'image', data: base64(new Uint8Array(await (await item.getType(PNG)).arrayBuffer())) };
  }
  return { type: 'text', data: await navigator.clipboard.readText() };
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  // More arguments at once are too many for some browsers.
  for (let at = 0; at < bytes.length; at += 8_192) binary += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(binary);
}
