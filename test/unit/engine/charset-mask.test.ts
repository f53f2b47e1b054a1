import { describe, expect, it } from 'vitest';
import { canWrite, charsetMask, checkLanguages, repertoireOf } from '../../../src/engine/charset-mask.js';
import { OcrError } from '../../../src/errors.js';

const LATIN = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const GREEK = [...'αβγδεζηθικλμνξοπρστυφχψωάέήίόύώ'];
const HAN = [...'一二三四五六七八九十百千万日月山川田人口女子'];
const KANA = [...'あいうえおかきくけこさしすせそたちつてと', ...'アイウエオカキクケコサシスセソタチツテト'];

const refusal = (languages: string[], charsets: string[][]) => {
  try {
    checkLanguages(languages, charsets.map(repertoireOf));
  } catch (error) {
    if (error instanceof OcrError) return [error.code, error.message];
    throw error;
  }
  return undefined;
};

describe('charsetMask', () => {
  const charset = ['', 'a', 'é', 'Ａ', 'я', 'α', '中', 'か', 'カ', '7', '，', '€', ' '];
  const allowedFor = (...languages: string[]) => {
    const mask = charsetMask(charset, languages);
    return charset.filter((_, index) => mask[index] === 1).join('|');
  };

  it('admits the letters of the script, and whatever belongs to none', () => {
    expect(allowedFor('en')).toBe('|a|é|Ａ|7|，|€| ');
    expect(allowedFor('el')).toBe('|α|7|，|€| ');
    expect(allowedFor('zh')).toBe('|中|7|，|€| ');
  });

  it('admits all the scripts of a writing system that mixes them', () => {
    expect(allowedFor('ja')).toBe('|中|か|カ|7|，|€| ');
  });

  it('admits the scripts of several languages', () => {
    expect(allowedFor('zh', 'en')).toBe('|a|é|Ａ|中|7|，|€| ');
  });

  it('knows a language by its codes of two and three letters', () => {
    for (const code of ['de', 'deu', 'ger']) expect(allowedFor(code)).toBe('|a|é|Ａ|7|，|€| ');
  });

  it('is made once a charset and languages', () => {
    expect(charsetMask(charset, ['en', 'el'])).toBe(charsetMask(charset, ['en', 'el']));
  });
});

describe('repertoireOf', () => {
  it('finds the scripts of which there is an alphabet, not those of a few symbols', () => {
    expect(repertoireOf(['', ...LATIN, 'Ω', 'μ', 'я', ' ']).scripts).toEqual(new Set(['Latn']));
    expect(repertoireOf(['', ...HAN, ...KANA, ' ']).scripts).toEqual(new Set(['Hani', 'Hira', 'Kana']));
  });
});

describe('checkLanguages', () => {
  it('takes languages that one of the recognizers can write', () => {
    expect(refusal(['en', 'sw'], [LATIN])).toBeUndefined();
    expect(refusal(['en', 'fr'], [[...LATIN, ...'àâçéèêëîïôùûüœ']])).toBeUndefined();
    expect(refusal(['ja'], [HAN, [...HAN, ...KANA]])).toBeUndefined();
    expect(canWrite(repertoireOf(HAN), ['ja'])).toBe(false);
  });

  it.each([['ru'], ['ar'], ['xx'], ['und'], ['mul']])('refuses %s and names the scripts that can be read', (code) => {
    expect(refusal(['en', code], [[...LATIN, ...GREEK], HAN])).toEqual([
      'request.option-invalid',
      'Option "languages" must be ISO 639 codes of languages that the installed models read ' +
        `(scripts: Latin, Greek, Han), not "${code}".`,
    ]);
  });

  it('refuses a language whose script is known and some of its letters are not, and names them', () => {
    const tones = [...'ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ'];
    expect(refusal(['vi'], [LATIN, [...LATIN, ...tones.slice(0, -2)]])?.[1]).toMatch(
      /\(scripts: Latin\), not "vi", whose letters ýỵ they lack\.$/,
    );
    expect(refusal(['vie'], [[...LATIN, ...tones]])).toBeUndefined();
  });

  it('refuses languages that no single recognizer can write', () => {
    expect(refusal(['el', 'zh'], [GREEK, HAN])?.[1]).toMatch(
      /\(scripts: Greek, Han\), not the languages el,zh together\.$/,
    );
  });
});
