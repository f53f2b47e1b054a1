import { expect, it } from 'vitest';
import { tellPreparing } from '../../../src/cli/preparing.js';

it('a start is told of after two seconds, then every five, for each device', () => {
  let ms = 0;
  const lines: string[] = [];
  const tell = tellPreparing(
    (line) => lines.push(`${ms} ${line}`),
    () => ms,
  );
  const at = (time: number, device: 'cuda:0' | 'cuda:1', done: number) => {
    ms = time;
    tell(device, done, 9);
  };
  at(0, 'cuda:0', 1);
  at(1_999, 'cuda:0', 2);
  at(2_000, 'cuda:0', 3);
  at(2_100, 'cuda:1', 1);
  at(6_999, 'cuda:0', 4);
  at(7_000, 'cuda:0', 5);
  at(7_100, 'cuda:1', 9);
  expect(lines).toEqual([
    '2000 cuda:0: models are prepared for 3 of 9 shapes',
    '7000 cuda:0: models are prepared for 5 of 9 shapes',
    '7100 cuda:1: models are prepared for 9 of 9 shapes',
  ]);
});

it('a start that is over within two seconds is not told of, and the next one is told anew', () => {
  let ms = 0;
  const lines: string[] = [];
  const tell = tellPreparing(
    (line) => lines.push(line),
    () => ms,
  );
  tell('cuda:0', 9, 9);
  ms = 60_000;
  tell('cuda:0', 1, 9);
  expect(lines).toEqual([]);
});
