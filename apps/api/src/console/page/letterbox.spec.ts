import { placeInPicture } from './letterbox.js';

describe('a place in the picture', () => {
  it('is its share of a box of the same shape', () => {
    const place = placeInPicture({ width: 960, height: 540 }, { width: 1920, height: 1080 }, { x: 240, y: 405 });
    expect(place).toEqual({ x: 0.25, y: 0.75, isInside: true });
  });

  it('leaves out the bars above and below', () => {
    const box = { width: 1000, height: 1000 };
    const picture = { width: 200, height: 100 };
    expect(placeInPicture(box, picture, { x: 500, y: 250 })).toEqual({ x: 0.5, y: 0, isInside: true });
    expect(placeInPicture(box, picture, { x: 500, y: 750 })).toEqual({ x: 0.5, y: 1, isInside: true });
    expect(placeInPicture(box, picture, { x: 0, y: 100 })).toEqual({ x: 0, y: 0, isInside: false });
  });

  it('leaves out the bars at the left and right', () => {
    const box = { width: 1000, height: 500 };
    const picture = { width: 100, height: 100 };
    expect(placeInPicture(box, picture, { x: 500, y: 125 })).toEqual({ x: 0.5, y: 0.25, isInside: true });
    expect(placeInPicture(box, picture, { x: 990, y: 125 })).toEqual({ x: 1, y: 0.25, isInside: false });
  });

  it('is nowhere while there is no picture or no box', () => {
    expect(placeInPicture({ width: 10, height: 10 }, { width: 0, height: 0 }, { x: 1, y: 1 })).toBeUndefined();
    expect(placeInPicture({ width: 0, height: 10 }, { width: 10, height: 10 }, { x: 1, y: 1 })).toBeUndefined();
  });
});
