import { parseDesktopDevice, printDevice } from './desktop-device.js';

describe('a device', () => {
  it.each([
    ['/dev/kfd', undefined, '/dev/kfd:/dev/kfd:rw'],
    ['amd=/dev/kfd', 'amd', '/dev/kfd:/dev/kfd:rw'],
    ['/dev/bus/usb/001/002:/dev/usb0', undefined, '/dev/bus/usb/001/002:/dev/usb0:rw'],
    ['/dev/video0:/dev/video0:r', undefined, '/dev/video0:/dev/video0:r'],
  ])('%s is for %s and becomes %s', (text, vendor, printed) => {
    const device = parseDesktopDevice(text);
    expect(device.vendor).toBe(vendor);
    expect(printDevice(device)).toBe(printed);
  });

  it.each([
    '',
    'kfd',
    '/dev',
    '/dev/',
    '/etc/passwd',
    '/dev/../etc/passwd',
    '/dev/a/../b',
    '/dev/a:/etc/b',
    '/dev/a:/dev/b:x',
    '/dev/a:/dev/b:rr',
    '/dev/a:/dev/b:rw:x',
    '/dev/a\n',
    'AMD=/dev/kfd',
    '=/dev/kfd',
  ])('is refused when it is %j', (text) => {
    expect(() => parseDesktopDevice(text)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });
});
