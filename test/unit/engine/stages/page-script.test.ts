import { describe, expect, it } from 'vitest';
import { hasStrayIdeographs, isIdeographic, withLatinSigns } from '../../../../src/engine/stages/page-script.js';
import type { TextLine } from '../../../../src/schema/document.js';

const quad = [0, 1, 2, 3].map((x) => ({ x, y: 0 }));

/** Words with their confidence: "TOTAL 家家@0.5". */
const line = (text: string): TextLine => {
  const words = text.split(' ').map((word) => {
    const [read = '', confidence = '0.99'] = word.split('@');
    return { text: read, confidence: Number(confidence), quad };
  });
  return { text: words.map((word) => word.text).join(' '), quad, confidence: 0.9, source: 'test', words };
};

describe('isIdeographic', () => {
  const latin = Array(20).fill(line('NET TOTAL 12.50'));

  it('is a page with ideographs in more than a tenth of its lines, were they read badly or well', () => {
    expect(isIdeographic([...latin, line('合计@0.4'), line('谢谢'), line('敬请@0.6')])).toBe(true);
    expect(isIdeographic([line('これは'), line('문서'), undefined])).toBe(true);
  });

  it('is not a page with a line or two of them', () => {
    expect(isIdeographic([...latin, line('合计'), undefined])).toBe(false);
    expect(isIdeographic([])).toBe(false);
  });
});

describe('hasStrayIdeographs', () => {
  it.each(['1 日@0.7', 'SUMMARY *一@0.78', '二二二二', '二 二 二'])('finds them in %s', (text) => {
    expect(hasStrayIdeographs(line(text))).toBe(true);
  });

  it.each(['敬请厚谅。谢谢！@0.89', '谢谢', 'TOTAL@0.5 12'])('believes %s', (text) => {
    expect(hasStrayIdeographs(line(text))).toBe(false);
  });
});

describe('withLatinSigns', () => {
  it('writes signs of full width as those of Latin type, in the words as well', () => {
    const { text, words } = withLatinSigns(line('GST ID：0003 （KL） KUCHING，'));
    expect(text).toBe('GST ID:0003 (KL) KUCHING,');
    expect(words?.map((word) => word.text)).toEqual(['GST', 'ID:0003', '(KL)', 'KUCHING,']);
  });

  it('leaves a line with ideographs, and one without such signs, as they are', () => {
    for (const untouched of [line('谢谢！ OK'), line('Total: 1')]) expect(withLatinSigns(untouched)).toBe(untouched);
  });
});
