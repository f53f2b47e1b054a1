/** Table structure: the picture of a table -> rows, spans and boxes of its cells, by a SLANet model. */
import type { Native, Normalization, RgbImage } from '../native.js';
import { normalizationOf } from '../normalization.js';
import type { Model } from '../session.js';
import type { Box } from './line-box.js';
import { padPlanes } from './planes.js';
import type { TableFrame } from './table-frame.js';

export interface StructureCell {
  readonly row: number;
  readonly column: number;
  readonly rowSpan: number;
  readonly columnSpan: number;
  readonly header: boolean;
  /** Around the cell's text, or where it would stand; in the table's own frame. */
  readonly box: Box;
}

export interface Grid {
  readonly rows: number;
  readonly columns: number;
  /** Row by row, left to right. */
  readonly cells: readonly StructureCell[];
}

export interface TableStructure extends Grid {
  /** False where the model ran out of steps before the table's end. */
  readonly complete: boolean;
}

/** REQUIRES: the model's outputs are the boxes, then the tokens' probabilities; `labels` names the tokens. */
export async function readStructure(
  image: RgbImage,
  frame: TableFrame,
  model: Model,
  native: Native,
): Promise<TableStructure> {
  const { input, labels = [] } = model.entry;
  const [, , inputHeight, inputWidth] = input.shape as [null, number, number, number];
  const scale = Math.min(inputWidth / frame.width, inputHeight / frame.height);
  const width = Math.max(1, Math.round(frame.width * scale));
  const height = Math.max(1, Math.round(frame.height * scale));
  const crop = cutOut(image, frame, width, height, normalizationOf(model.entry), native);
  const padded = padPlanes(crop, 3, { width, height }, { width: inputWidth, height: inputHeight });
  const [boxes, probabilities] = await model.run(padded, [1, 3, inputHeight, inputWidth]);
  if (boxes === undefined || probabilities === undefined) throw new Error('A table model has two outputs.');
  const tokens = bestTokens(probabilities.data, labels);
  // The model gives boxes as fractions of the crop, before it was padded.
  const box = (step: number): Box => ({
    left: (boxes.data[4 * step] as number) * frame.width,
    top: (boxes.data[4 * step + 1] as number) * frame.height,
    right: (boxes.data[4 * step + 2] as number) * frame.width,
    bottom: (boxes.data[4 * step + 3] as number) * frame.height,
  });
  return parseTokens(tokens, box);
}

function cutOut(
  image: RgbImage,
  frame: TableFrame,
  width: number,
  height: number,
  normalization: Normalization,
  native: Native,
): Float32Array {
  const corners = Float32Array.from(frame.quad.flatMap(({ x, y }) => [x, y]));
  const crop = new Float32Array(3 * width * height);
  native.packCrops(image, corners, Uint32Array.of(width), Uint8Array.of(0), height, width, normalization, crop);
  return crop;
}

function bestTokens(probabilities: Float32Array, labels: readonly string[]): string[] {
  return Array.from({ length: probabilities.length / labels.length }, (_, step) => {
    const row = probabilities.subarray(step * labels.length, (step + 1) * labels.length);
    return labels[row.indexOf(Math.max(...row))] as string;
  });
}

const SPAN = /^ (rowspan|colspan)="(\d+)"$/;

/**
 * Tokens of HTML -> cells on a grid, as browsers lay out tables: a cell takes the first places of its row that no cell
 * from above reaches into. `boxAt`: of the cell that a step opens.
 */
export function parseTokens(tokens: readonly string[], boxAt: (step: number) => Box): TableStructure {
  const cells: StructureCell[] = [];
  /** For each column, how many rows from the current one on are taken from above. */
  const taken: number[] = [];
  let row = -1;
  let column = 0;
  let header = false;
  let open: { step: number; rowSpan: number; columnSpan: number } | undefined;
  let complete = false;

  const place = ({ step, rowSpan, columnSpan }: NonNullable<typeof open>) => {
    if (row < 0) return;
    while ((taken[column] ?? 0) > 0) column++;
    cells.push({ row, column, rowSpan, columnSpan, header, box: boxAt(step) });
    for (let i = 0; i < columnSpan; i++) taken[column + i] = rowSpan;
    column += columnSpan;
  };
  const endRow = () => {
    for (let i = 0; i < taken.length; i++) taken[i] = Math.max(0, (taken[i] ?? 0) - 1);
  };

  for (const [step, token] of tokens.entries()) {
    if (token === 'eos') {
      complete = true;
      break;
    }
    if (token === '<thead>') header = true;
    else if (token === '</thead>') header = false;
    else if (token === '<tr>') {
      if (row >= 0) endRow();
      row++;
      column = 0;
    } else if (token === '<td></td>') place({ step, rowSpan: 1, columnSpan: 1 });
    else if (token === '<td') open = { step, rowSpan: 1, columnSpan: 1 };
    else if (token === '</td>' && open !== undefined) {
      place(open);
      open = undefined;
    } else if (open !== undefined) {
      const span = SPAN.exec(token);
      if (span?.[1] === 'rowspan') open.rowSpan = Number(span[2]);
      else if (span?.[1] === 'colspan') open.columnSpan = Number(span[2]);
    }
  }
  const rows = row + 1;
  return {
    rows,
    columns: Math.max(0, ...cells.map((cell) => cell.column + cell.columnSpan)),
    // A span that the model reads off the bottom ends with the table.
    cells: cells.map((cell) => ({ ...cell, rowSpan: Math.min(cell.rowSpan, rows - cell.row) })),
    complete,
  };
}
