import { printClientSettings, type ClientSettings } from './client-settings.js';
import { BareNumber, type Printable } from './json-writer.js';
import type { WolfEra } from './wolf-era.js';

/** A client that is paired with this Wolf (wolf-api §3.6). */
export interface PairedClientEntry {
  readonly clientId: string;
  readonly appStateFolder: string;
  readonly settings: ClientSettings;
}

/** The oldest Wolf prints the id as a bare number beyond 2^53 and has no settings. */
export function printPairedClient(client: PairedClientEntry, era: WolfEra): Printable {
  if (era === 'u24') return { client_id: new BareNumber(client.clientId), app_state_folder: client.appStateFolder };
  return {
    client_id: client.clientId,
    app_state_folder: client.appStateFolder,
    settings: printClientSettings(client.settings),
  };
}
