import { H264Stream } from './h264-stream.js';
import { RtpPacketiser } from './rtp-packetiser.js';
import { YuvPicture } from './yuv-picture.js';

describe('a stream of H.264', () => {
  it('has no byte sequence that begins another unit, for any samples', () => {
    const stream = new H264Stream(32, 32);
    for (const sample of [0, 1, 3]) {
      const units = stream.wholePicture(new YuvPicture(32, 32, [sample, 0, sample]));
      for (const unit of units) expect(unit.toString('hex')).not.toMatch(/^(..)*?0000(00|01|02)/);
      const [, , idr] = units;
      // Every escaped byte comes after two zeros, and taking it away again leaves four macroblocks.
      const samples = Buffer.from(idr!.toString('latin1').replaceAll('\0\0\x03', '\0\0'), 'latin1');
      expect(samples.length - 4 * 384).toBeLessThan(20);
    }
  });

  it('counts its pictures from each whole one on', () => {
    const stream = new H264Stream(32, 32);
    const picture = new YuvPicture(32, 32, [40, 128, 128]);
    const types = stream.wholePicture(picture).map((unit) => unit[0]! & 31);
    expect(types).toEqual([7, 8, 5]);
    const after = [stream.unchangedPicture(), stream.unchangedPicture()];
    expect(after[0]!.equals(after[1]!)).toBe(false);
    stream.wholePicture(picture);
    expect(stream.unchangedPicture()).toEqual(after[0]);
  });

  it('fits into packets of any network, the last of a picture marked', () => {
    const unit = Buffer.concat([Buffer.from([0x65]), Buffer.alloc(2500, 7)]);
    const packets = new RtpPacketiser(96).picture([Buffer.from([0x67, 1]), unit], 90_000);
    expect(packets.map((packet) => [packet.length <= 1112, packet[1]! >> 7, packet.readUInt16BE(2)])).toEqual([
      [true, 0, 0],
      [true, 0, 1],
      [true, 0, 2],
      [true, 1, 3],
    ]);
    const fragments = packets.slice(1).map((packet) => packet.subarray(12));
    expect(fragments.map((fragment) => [fragment[0], fragment[1]])).toEqual([
      [0x7c, 0x85],
      [0x7c, 0x05],
      [0x7c, 0x45],
    ]);
    expect(Buffer.concat(fragments.map((fragment) => fragment.subarray(2)))).toEqual(unit.subarray(1));
  });
});
