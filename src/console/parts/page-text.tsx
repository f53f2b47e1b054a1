/** A page's text for reading: headings, paragraphs, lists and tables, every word knowing its place on the page. */
import type { ComponentChildren, VNode } from 'preact';
import { isDoubtful } from '../doubt.js';
import { formatPercent } from '../format.js';
import type { Layout, Piece, Reading, ReadingBlock, Run, Unit, Word } from '../reading.js';
import type { Span } from '../search.js';
import { FigureCrop } from './figure-crop.js';

export interface Marks {
  /** Hits by the ref of the unit they lie in. */
  readonly spans: ReadonlyMap<string, readonly (Span & { readonly isCurrent: boolean })[]>;
}

export interface PageTextProps {
  readonly reading: Reading;
  readonly marks: Marks;
  /** Of the whole page, where it is at hand. */
  readonly picture: HTMLCanvasElement | undefined;
}

export function PageText({ reading, marks, picture }: PageTextProps) {
  if (reading.blocks.length === 0) return <p class="empty">There is no text on this page.</p>;
  return (
    <article class="page-text">
      {reading.blocks.map((block) => (
        <Block key={block.ref} block={block} marks={marks} picture={picture} />
      ))}
    </article>
  );
}

const ASIDES: Partial<Record<ReadingBlock['type'], string>> = {
  header: 'Running header',
  footer: 'Running footer',
  footnote: 'Footnote',
  figure: 'Figure',
  seal: 'Seal',
  equation: 'Equation',
};

/** Blocks that text alone does not show. */
const CUT_OUT: readonly ReadingBlock['type'][] = ['figure', 'seal', 'equation'];

function Block({ block, marks, picture }: Omit<PageTextProps, 'reading'> & { readonly block: ReadingBlock }) {
  const { type, ref } = block;
  const name = ASIDES[type];
  return (
    <section class={`block block-${type}`} data-ref={ref}>
      {name !== undefined && <p class="block-name">{name}</p>}
      {picture !== undefined && CUT_OUT.includes(type) && <FigureCrop geometry={block.geometry} picture={picture} />}
      {block.layouts.map((layout, index) => (
        <LayoutOf key={index} block={block} layout={layout} marks={marks} />
      ))}
    </section>
  );
}

function LayoutOf({ block, layout, marks }: { block: ReadingBlock; layout: Layout; marks: Marks }) {
  switch (layout.kind) {
    case 'table':
      return <Table rows={layout.rows} marks={marks} />;
    case 'list':
      return (
        <ul class="items">
          {layout.items.map(({ label, depth, run }, index) => (
            <li key={index} dir="auto" class={`depth-${Math.min(depth, 5)}`}>
              <span class="label">{label || '•'}</span>
              <span>
                <Text run={run} marks={marks} />
              </span>
            </li>
          ))}
        </ul>
      );
    case 'paragraphs':
      return (
        <>
          {layout.paragraphs.map((lines, index) => (
            <Paragraph key={index} block={block}>
              {lines.map((run, line) => (
                <>
                  {line > 0 && <br />}
                  <Text run={run} marks={marks} />
                </>
              ))}
            </Paragraph>
          ))}
        </>
      );
  }
}

function Paragraph({ block: { type, level }, children }: { block: ReadingBlock; children: ComponentChildren }) {
  if (type !== 'title' && type !== 'heading') return <p dir="auto">{children}</p>;
  // Below the name of the document.
  const Heading = `h${Math.min(6, (level ?? 1) + 1)}` as 'h2';
  return (
    <Heading dir="auto" class={`level-${level ?? 1}`}>
      {children}
    </Heading>
  );
}

function Table({ rows, marks }: { rows: Extract<Layout, { kind: 'table' }>['rows']; marks: Marks }) {
  return (
    <div class="table-frame">
      <table>
        <tbody>
          {rows.map((cells, row) => (
            <tr key={row}>
              {cells.map(({ unit, header, rowSpan, columnSpan }) => {
                const Cell = header ? 'th' : 'td';
                return (
                  <Cell key={unit.ref} dir="auto" data-ref={unit.ref} rowSpan={rowSpan} colSpan={columnSpan}>
                    <Marked unit={unit} from={0} to={unit.text.length} marks={marks} />
                  </Cell>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Text({ run, marks }: { run: Run; marks: Marks }) {
  return (
    <>
      {run.map((piece, index) => (
        <PieceOf key={piece.unit.ref} piece={piece} isLast={index === run.length - 1} marks={marks} />
      ))}
    </>
  );
}

function PieceOf({
  piece: { unit, from, to, separator },
  isLast,
  marks,
}: {
  piece: Piece;
  isLast: boolean;
  marks: Marks;
}) {
  return (
    <>
      <span class="unit" data-ref={unit.ref}>
        <Marked unit={unit} from={from} to={to} marks={marks} />
      </span>
      {isLast ? '' : separator}
    </>
  );
}

interface MarkedProps {
  readonly unit: Unit;
  readonly from: number;
  readonly to: number;
  readonly marks: Marks;
}

/** A unit's text from `from` to `to`, with its words and the hits in it. */
function Marked({ unit, from, to, marks }: MarkedProps) {
  const spans = marks.spans.get(unit.ref) ?? [];
  const plain = (start: number, end: number) => highlighted(unit.text, start, end, spans);
  if (unit.words.length === 0) {
    const text = plain(from, to);
    return isDoubtful(unit.confidence) ? <Doubtful confidence={unit.confidence}>{text}</Doubtful> : text;
  }
  const parts: (string | VNode)[] = [];
  let at = from;
  for (const word of unit.words) {
    const [start, end] = [Math.max(word.from, at), Math.min(word.to, to)];
    if (start >= end) continue;
    parts.push(...plain(at, start), wordElement(word, plain(start, end)));
    at = end;
  }
  parts.push(...plain(at, to));
  return <>{parts}</>;
}

function wordElement(word: Word, text: (string | VNode)[]): VNode {
  const doubtful = isDoubtful(word.confidence);
  return (
    <span key={word.ref} class="word" data-ref={word.ref}>
      {doubtful ? <Doubtful confidence={word.confidence}>{text}</Doubtful> : text}
    </span>
  );
}

function Doubtful({ confidence, children }: { confidence: number | undefined; children: ComponentChildren }) {
  return (
    <span class="doubtful" title={`Confidence ${formatPercent(confidence ?? 0)}`}>
      {children}
      <span class="unseen"> (doubtful)</span>
    </span>
  );
}

function highlighted(
  text: string,
  from: number,
  to: number,
  spans: Marks['spans'] extends ReadonlyMap<string, infer S> ? S : never,
) {
  const parts: (string | VNode)[] = [];
  let at = from;
  for (const span of spans) {
    const [start, end] = [Math.max(span.from, at), Math.min(span.to, to)];
    if (start >= end) continue;
    if (at < start) parts.push(text.slice(at, start));
    parts.push(
      <mark key={`hit-${start}`} class={span.isCurrent ? 'is-current' : undefined}>
        {text.slice(start, end)}
      </mark>,
    );
    at = end;
  }
  if (at < to) parts.push(text.slice(at, to));
  return parts;
}
