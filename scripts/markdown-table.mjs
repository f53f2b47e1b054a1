/** Rows → a Markdown table. A cell that is missing is empty. */
export function markdownTable(heading, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell ?? '').join(' | ')} |`;
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n');
}
