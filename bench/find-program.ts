import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Where a daemon may stand without being on a user's PATH. */
const FURTHER_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

/** The whole path of a program on the PATH. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), ...FURTHER_FOLDERS];
  return folders
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
