import { wheelTurn } from './pointer-input.js';

describe('a turn of the wheel', () => {
  it.each([
    [
      { deltaX: 0, deltaY: 100, deltaMode: 0 },
      { dx: 0, dy: -120 },
    ],
    [
      { deltaX: 0, deltaY: -3, deltaMode: 1 },
      { dx: 0, dy: 120 },
    ],
    [
      { deltaX: 1, deltaY: 0, deltaMode: 2 },
      { dx: 120, dy: 0 },
    ],
    [
      { deltaX: 5, deltaY: 0, deltaMode: 9 },
      { dx: 6, dy: 0 },
    ],
  ])('%j is %j', (event, turn) => {
    expect(wheelTurn(event)).toEqual(turn);
  });
});
