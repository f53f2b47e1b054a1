import { describe, expect, it } from 'vitest';
import { foreignVariants } from '../../../../src/engine/stages/chinese-variants.js';

const TRADITIONAL = ['上市規則所述涉及發行新股份的計劃', '其他財務資料', '流動資金及資本資源'];
const SIMPLIFIED = ['上市规则所述涉及发行新股份的计划', '其他财务资料', '流动资金及资本资源'];

describe('foreignVariants', () => {
  it('are the simplified characters on a traditional page, and the other way round', () => {
    const onTraditional = foreignVariants([...TRADITIONAL, '流动資金']);
    expect(['动', '则', '资'].every((character) => onTraditional.has(character))).toBe(true);
    expect(['動', '則', '金'].some((character) => onTraditional.has(character))).toBe(false);
    const onSimplified = foreignVariants([...SIMPLIFIED, '流動资金']);
    expect(onSimplified.has('動')).toBe(true);
    expect(onSimplified.has('动')).toBe(false);
  });

  it('are none where both are written, where little is, and in Japanese', () => {
    expect(foreignVariants([...TRADITIONAL, ...SIMPLIFIED])).toEqual(new Set());
    expect(foreignVariants(['財務資料'])).toEqual(new Set());
    expect(foreignVariants([...TRADITIONAL, '国の計画について'])).toEqual(new Set());
  });
});
