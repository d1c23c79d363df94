import { lobbyPinFromText, lobbyPinToText, randomLobbyPin } from './lobby.js';

describe('a lobby PIN', () => {
  it('keeps its leading zeros both ways', () => {
    expect(lobbyPinFromText('0419')).toEqual([0, 4, 1, 9]);
    expect(lobbyPinToText(lobbyPinFromText('0007'))).toBe('0007');
  });

  it.each(['', '419', '04190', '04a9', '-419', '０４１９'])('is not %p', (text) => {
    expect(thrownBy(() => lobbyPinFromText(text))).toMatchObject({ code: 'WOLF_INVALID_REQUEST' });
  });

  it('is drawn at random from all of them', () => {
    const drawn = new Set(Array.from({ length: 200 }, () => lobbyPinToText(randomLobbyPin())));
    expect(drawn.size).toBeGreaterThan(150);
    for (const text of drawn) expect(text).toMatch(/^[0-9]{4}$/);
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
