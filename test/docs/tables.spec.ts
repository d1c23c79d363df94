import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { DIALECT_POLICIES, EXTERNAL_AGENT_ERROR_CODES, STREAM_CLOSES } from '@helix/external-agent';
import { REVDIAL_ERROR_CODES } from '@helix/revdial';
import { SCHEDULER_ERROR_CODES } from '@helix/scheduler';
import { WOLF_ERROR_CODES } from '@helix/wolf-client';

import { SETTINGS } from '../../apps/api/src/config/api-config.js';
import { API_ERROR_CODES } from '../../apps/api/src/errors/api-error.js';
import { HTTP_ANSWERS, type HttpAnswer } from '../../apps/api/src/errors/status-by-code.js';
import { namedRows, readDocument, sectionOf } from './markdown-table.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describe('docs/errors.md', () => {
  const document = readDocument('errors.md');
  const answers: Readonly<Record<string, HttpAnswer>> = HTTP_ANSWERS;
  const lists: Readonly<Record<string, readonly string[]>> = {
    '## The API': API_ERROR_CODES,
    '## Sessions and desktops (`@helix/external-agent`)': EXTERNAL_AGENT_ERROR_CODES,
    '## The tunnel (`@helix/revdial`)': REVDIAL_ERROR_CODES,
    '## Wolf (`@helix/wolf-client`)': WOLF_ERROR_CODES,
    '## Hosts and placements (`@helix/scheduler`)': SCHEDULER_ERROR_CODES,
  };

  it.each(Object.entries(lists))(
    'has under "%s" each code with its status and Retry-After, and no others',
    (heading, codes) => {
      const rows = namedRows(sectionOf(document, heading));
      const documented = [...rows].map(([code, [status, retryAfter]]) => [code, status, retryAfter]);
      const real = codes.map((code) => {
        const answer = answers[code];
        return [code, String(answer?.status), answer?.retryAfterS === undefined ? '' : `${answer.retryAfterS} s`];
      });
      expect(documented.sort()).toEqual(real.sort());
    },
  );

  it('tells of each code what it means', () => {
    const silent = [...Object.keys(lists)].flatMap((heading) =>
      [...namedRows(sectionOf(document, heading))].filter(([, cells]) => (cells.at(-1) ?? '').length < 10),
    );
    expect(silent).toEqual([]);
  });

  it('leaves out no code that the API can answer', () => {
    const listed = new Set(Object.values(lists).flat());
    expect(Object.keys(HTTP_ANSWERS).filter((code) => !listed.has(code))).toEqual([]);
  });
});

describe('docs/streaming.md', () => {
  it('has each cause of a close by the proxy with its code, and no others', () => {
    const rows = namedRows(sectionOf(readDocument('streaming.md'), '### How it ends'));
    expect([...rows].map(([cause, [code]]) => [cause, Number(code)])).toEqual(
      Object.entries(STREAM_CLOSES).map(([cause, { code }]) => [cause, code]),
    );
  });

  it('has each dialect with what it lets through', () => {
    const rows = namedRows(sectionOf(readDocument('streaming.md'), '## Hosts of later versions'));
    expect([...rows].map(([dialect, cells]) => [dialect, ...cells.slice(1)])).toEqual(
      Object.entries(DIALECT_POLICIES).map(([dialect, policy]) => [
        dialect,
        policy.isBinaryAllowed ? 'yes' : 'no',
        policy.enforcesViewOnly ? 'yes' : 'no',
      ]),
    );
  });
});

describe('docs/configuration.md', () => {
  it('has each setting of the API with default and meaning, in order, no others', () => {
    const rows = namedRows(sectionOf(readDocument('configuration.md'), '## The API'));
    const documented = [...rows].map(([name, [fallback, about]]) => `${name} | ${fallback ?? ''} | ${about ?? ''}`);
    const real = Object.entries(SETTINGS).map(
      ([name, { schema, about }]) => `${name} | ${defaultOf(schema.safeParse(undefined))} | ${about}`,
    );
    expect(documented).toEqual(real);
  });
});

function defaultOf(parsed: { readonly success: boolean; readonly data?: unknown }): string {
  if (!parsed.success) return '**required**';
  const { data } = parsed;
  if (data === undefined || (Array.isArray(data) && data.length === 0)) return '';
  return `\`${typeof data === 'string' ? data : JSON.stringify(data)}\``;
}

describe('docs/limits.md', () => {
  const document = readDocument('limits.md');
  const files = ['libs', 'apps/api'].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
      .filter((file) => /^[^.]*\/src\/(?:.*\/)?limits\.ts$/.test(file) && !file.includes('node_modules')),
  );

  it('has a section for each limits.ts, and no others', () => {
    const sections = [...document.matchAll(/^## `(.*)`$/gm)].map(([, file]) => file);
    expect(sections.sort()).toEqual([...files].sort());
  });

  it.each(files)('repeats the names and values of %s', async (file) => {
    const module = (await import(pathToFileURL(path.join(ROOT, file)).href)) as Readonly<Record<string, unknown>>;
    const rows = namedRows(sectionOf(document, `## \`${file}\``));
    // A value may be followed by the same in larger units: `33554432 (32 MiB)`.
    const documented = [...rows].map(([name, [value = '']]) => [name, value.replace(/ \(.*\)$/, '')]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(Object.entries(module).flatMap(flatLimits)));
  });
});

/** A limit is a number, or stands in an object of them as `OBJECT.name`. */
function flatLimits([name, value]: readonly [string, unknown]): readonly (readonly [string, string])[] {
  if (typeof value === 'number') return [[name, String(value)]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => flatLimits([`${name}.${key}`, inner]));
}
