import { describe, expect, test } from 'vitest';
import { applyEntry, NO_CREDITS, settlePage } from '../../../src/jobs/ledger.js';

describe('the balance', () => {
  const metered = { granted: 100, available: 80, reserved: 15, used: 5 };

  test('of a metered job moves from available to reserved, and from there to used or back', () => {
    expect(applyEntry(NO_CREDITS, { kind: 'grant', credits: 7, metered: true })).toEqual({
      granted: 7,
      available: 7,
      reserved: 0,
      used: 0,
    });
    expect(applyEntry(metered, { kind: 'reserve', credits: 10, metered: true })).toEqual({
      granted: 100,
      available: 70,
      reserved: 25,
      used: 5,
    });
    expect(applyEntry(metered, { kind: 'charge', credits: 3, metered: true })).toEqual({
      granted: 100,
      available: 80,
      reserved: 12,
      used: 8,
    });
    expect(applyEntry(metered, { kind: 'release', credits: 2, metered: true })).toEqual({
      granted: 100,
      available: 82,
      reserved: 13,
      used: 5,
    });
  });

  test('of an unmetered job is granted what is reserved, and loses what is released', () => {
    expect(applyEntry(metered, { kind: 'reserve', credits: 10, metered: false })).toEqual({
      granted: 110,
      available: 80,
      reserved: 25,
      used: 5,
    });
    expect(applyEntry(metered, { kind: 'release', credits: 2, metered: false })).toEqual({
      granted: 98,
      available: 80,
      reserved: 13,
      used: 5,
    });
  });
});

describe('a page is settled', () => {
  test('by the price of its provider, and the rest of its reservation goes back', () => {
    expect(settlePage(5, 'text-layer')).toEqual({ charge: 1, release: 4 });
    expect(settlePage(5, 'paddle')).toEqual({ charge: 1, release: 4 });
    expect(settlePage(5, 'paddle-plus')).toEqual({ charge: 3, release: 2 });
    expect(settlePage(5, 'paddle-structure')).toEqual({ charge: 5, release: 0 });
  });

  test('for no more than was reserved', () => {
    expect(settlePage(1, 'paddle-structure')).toEqual({ charge: 1, release: 0 });
  });

  test('for nothing where it was not read', () => {
    expect(settlePage(5, undefined)).toEqual({ charge: 0, release: 5 });
  });
});
