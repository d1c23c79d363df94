import { clampDisplay } from './display-settings.js';

describe('clampDisplay', () => {
  it.each([
    ['nothing', {}, [1920, 1080, 60]],
    ['zeros, as Go leaves numbers out', { width: 0, height: 0, refreshHz: 0 }, [1920, 1080, 60]],
    ['4K', { width: 3840, height: 2160, refreshHz: 120 }, [3840, 2160, 120]],
    ['too small', { width: 1, height: 1, refreshHz: 1 }, [800, 600, 30]],
    ['below zero', { width: -1, height: -5, refreshHz: -60 }, [800, 600, 30]],
    ['too large', { width: 1e9, height: Infinity, refreshHz: 1_000 }, [7680, 4320, 144]],
    ['fractions', { width: 1000.4, height: 700.5, refreshHz: 59.94 }, [1000, 701, 60]],
    ['no numbers', { width: NaN, height: NaN, refreshHz: NaN }, [1920, 1080, 60]],
  ])('of %s', (_what, asked, [width, height, refreshHz]) => {
    expect(clampDisplay(asked)).toEqual({ width, height, refreshHz });
  });
});
