/**
 * Markdown as elements: headings, paragraphs, lists, tables, fenced code, and inline code, bold and links. Other Markdown and all HTML
 * stay text. Links lead only to http, https and mail addresses.
 */
import './markdown.css';
import type { ComponentChildren } from 'preact';

type Block =
  | Readonly<{ kind: 'heading'; level: number; text: string }>
  | Readonly<{ kind: 'paragraph'; text: string }>
  | Readonly<{ kind: 'code'; text: string }>
  | Readonly<{ kind: 'list'; items: readonly string[] }>
  | Readonly<{ kind: 'table'; head: readonly string[]; rows: readonly (readonly string[])[] }>;

export function Markdown({ text }: { text: string }) {
  return (
    <div class="markdown">
      {parseBlocks(text).map((block, index) => (
        <BlockElement key={index} block={block} />
      ))}
    </div>
  );
}

/** Splits a text into its blocks. */
export function parseBlocks(text: string): Block[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    const end = endOfBlock(lines, at);
    const own = lines.slice(at, end);
    if (line.startsWith('```')) blocks.push({ kind: 'code', text: own.slice(1, -1).join('\n') });
    else if (/^#{1,6} /.test(line))
      blocks.push({ kind: 'heading', level: line.indexOf(' '), text: line.replace(/^#+ /, '') });
    else if (isTable(lines, at)) blocks.push(tableOf(own));
    else if (/^[-*] /.test(line)) blocks.push({ kind: 'list', items: own.map((item) => item.replace(/^[-*] /, '')) });
    else if (line.trim() !== '') blocks.push({ kind: 'paragraph', text: own.join(' ') });
    at = end;
  }
  return blocks;
}

/** Returns the index of the first line after the block that begins at a line. */
function endOfBlock(lines: readonly string[], start: number): number {
  const line = lines[start] ?? '';
  const until = (ends: (line: string) => boolean): number => {
    const found = lines.findIndex((each, index) => index > start && ends(each));
    return found < 0 ? lines.length : found;
  };
  if (line.startsWith('```')) return Math.min(lines.length, until((each) => each.startsWith('```')) + 1);
  if (/^#{1,6} /.test(line) || line.trim() === '') return start + 1;
  if (isTable(lines, start)) return until((each) => !each.startsWith('|'));
  if (/^[-*] /.test(line)) return until((each) => !/^[-*] /.test(each));
  return until((each) => each.trim() === '' || each.startsWith('```') || /^(#{1,6} |[-*] )/.test(each));
}

const isTable = (lines: readonly string[], at: number): boolean =>
  (lines[at] ?? '').startsWith('|') && /^\|[\s|:-]+\|\s*$/.test(lines[at + 1] ?? '');

function tableOf(lines: readonly string[]): Block {
  const [head = [], , ...rows] = lines.map(cellsOf);
  return { kind: 'table', head, rows };
}

/** Splits a row at its bars, except at escaped ones. */
const cellsOf = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

function BlockElement({ block }: { block: Block }) {
  switch (block.kind) {
    case 'heading': {
      // The page has the heading of level 1.
      const Heading = `h${Math.min(6, block.level + 1)}` as 'h2';
      return <Heading>{inline(block.text)}</Heading>;
    }
    case 'code':
      return (
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    case 'list':
      return (
        <ul>
          {block.items.map((item, index) => (
            <li key={index}>{inline(item)}</li>
          ))}
        </ul>
      );
    case 'table':
      return <TableElement {...block} />;
    case 'paragraph':
      return <p>{inline(block.text)}</p>;
  }
}

function TableElement({ head, rows }: { head: readonly string[]; rows: readonly (readonly string[])[] }) {
  return (
    <div class="markdown-table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((cell, index) =>
              cell === '' ? (
                <td key={index} />
              ) : (
                <th key={index} scope="col">
                  {inline(cell)}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column}>{inline(cell)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Code, bold, link, or an escaped character. */
const INLINE = /`([^`]+)`|\*\*((?:[^*\\]|\\.)+)\*\*|\[([^\]]+)\]\(((?:https?:|mailto:)[^)\s]+)\)|\\([\\`*_[\]<>|#])/g;

function inline(text: string): ComponentChildren[] {
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    parts.push(text.slice(end, match.index));
    const [whole, code, bold, link, address, escaped] = match;
    if (code !== undefined) parts.push(<code>{code}</code>);
    else if (bold !== undefined) parts.push(<strong>{inline(bold)}</strong>);
    else if (link !== undefined) parts.push(<a href={address ?? ''}>{link}</a>);
    else parts.push(escaped);
    end = match.index + whole.length;
  }
  parts.push(text.slice(end));
  return parts.filter((part) => part !== '');
}
