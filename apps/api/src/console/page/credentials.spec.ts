import { Credentials, type KeptTexts } from './credentials.js';

function storage(): KeptTexts {
  const texts = new Map<string, string>();
  return {
    getItem: (name) => texts.get(name) ?? null,
    setItem: (name, text) => void texts.set(name, text),
    removeItem: (name) => void texts.delete(name),
  };
}

describe('who watches', () => {
  it('is the cookie unless another credential was given', () => {
    expect(new Credentials(storage(), 'ses_1').current).toEqual({ kind: 'cookie' });
  });

  it('keeps a pasted token for all sessions of the tab until it is forgotten', () => {
    const kept = storage();
    const credentials = new Credentials(kept, 'ses_1');
    expect(credentials.takeToken('  Bearer hl-abc \n')).toBe(true);
    expect(credentials.current).toEqual({ kind: 'token', token: 'hl-abc' });
    expect(new Credentials(kept, 'ses_2').current).toEqual({ kind: 'token', token: 'hl-abc' });
    credentials.forget();
    expect(credentials.current).toEqual({ kind: 'cookie' });
  });

  it('is the holder of a share link, for its session only', () => {
    const kept = storage();
    const credentials = new Credentials(kept, 'ses_1');
    expect(credentials.takeShare('#share=hs-abc')).toBe(true);
    expect(credentials.current).toEqual({ kind: 'share', token: 'hs-abc' });
    expect(new Credentials(kept, 'ses_2').current).toEqual({ kind: 'cookie' });
    expect(credentials.takeToken('hl-own')).toBe(true);
    expect(credentials.current).toEqual({ kind: 'token', token: 'hl-own' });
    expect(credentials.takeToken('hs-pasted')).toBe(true);
    expect(credentials.current).toEqual({ kind: 'share', token: 'hs-pasted' });
  });

  it.each(['', '#', '#share=', '#share=hl-abc', '#share=hs-a%20b', '#other=hs-abc', `#share=hs-${'x'.repeat(9_000)}`])(
    'is not changed by the fragment %.30j',
    (fragment) => {
      const credentials = new Credentials(storage(), 'ses_1');
      expect(credentials.takeShare(fragment)).toBe(false);
      expect(credentials.current).toEqual({ kind: 'cookie' });
    },
  );

  it.each(['', '   ', 'two words', 'hl-\u00e9', 'x'.repeat(9_000)])('is not changed by pasting %.20j', (text) => {
    expect(new Credentials(storage(), 'ses_1').takeToken(text)).toBe(false);
  });

  it('keeps one name for the tab, and makes another where the kept one is none', () => {
    const kept = storage();
    const id = '7f1c1b52-6a0e-4a43-9a54-2d1a0d6a6f11';
    const never = (): string => {
      throw new Error('it is kept');
    };
    expect(new Credentials(kept, 'ses_1').viewerId(() => id)).toBe(id);
    expect(new Credentials(kept, 'ses_2').viewerId(never)).toBe(id);
    kept.setItem('helix:viewer', '&share=x');
    expect(new Credentials(kept, 'ses_1').viewerId(() => id)).toBe(id);
  });
});
