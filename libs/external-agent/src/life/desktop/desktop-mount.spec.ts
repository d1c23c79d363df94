import { createSessionId } from '../../session/session-id.js';
import { givesHostControl, parseDesktopMount, printMount } from './desktop-mount.js';

const SESSION = createSessionId();

describe('a mount', () => {
  it.each([
    ['/data:/data', '/data:/data:rw'],
    ['/data/:/mnt/data/:ro', '/data:/mnt/data:ro'],
    ['/srv/{session_id}/{session_id}.log:/log:rw', `/srv/${SESSION}/${SESSION}.log:/log:rw`],
    ['/a b/$&:/c', '/a b/$&:/c:rw'],
    ['/..a/b..:/c...', '/..a/b..:/c...:rw'],
  ])('%s becomes %s', (text, printed) => {
    expect(printMount(parseDesktopMount(text), SESSION)).toBe(printed);
  });

  it.each([
    ['', 'absolute source'],
    ['/a', 'absolute destination'],
    ['a:/b', 'absolute source'],
    ['/a:b', 'absolute destination'],
    ['/a:/b:rw:z', 'must be source:destination'],
    ['/a:/b:z', 'must be source:destination'],
    ['/a/../b:/c', '".."'],
    ['/a/..:/c', '".."'],
    ['/a:/b/./c', '"."'],
    ['/a//b:/c', '"//"'],
    ['/a/{owner_id}:/c', '{session_id}'],
    ['/a/{}:/c', '{session_id}'],
    ['/a:/{session_id}', 'absolute destination'],
    ['/a\n:/b', 'absolute source'],
    ['/a\ud800:/b', 'absolute source'],
    [`/${'x'.repeat(2_000)}:/b`, 'too long'],
    ['/a:/', 'needs itself'],
    ['/a:/home/retro/', 'needs itself'],
    ['/a:/dev', 'needs itself'],
  ])('is refused when it is %j', (text, fault) => {
    expect(() => parseDesktopMount(text)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    expect(() => parseDesktopMount(text)).toThrow(fault);
  });

  it.each(
    '/ /var /run /var/run/ /var/run/docker.sock /run/docker.sock /srv/x/docker.sock /run/wolf /run/wolf/wolf.sock /run/hydra/1/docker.sock'.split(
      ' ',
    ),
  )('of %s hands over the host', (source) => {
    expect(givesHostControl(parseDesktopMount(`${source}:/x`))).toBe(true);
  });

  it.each(['/var/lib/data', '/run/user/1000', '/docker.socket', '/srv/run'])('of %s does not', (source) => {
    expect(givesHostControl(parseDesktopMount(`${source}:/x`))).toBe(false);
  });
});
