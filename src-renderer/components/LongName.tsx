import type { ClipboardEvent } from 'react';

/** In characters: what fits nearly every column is not cut. */
const short = 18;

/** Shown whatever the width: what tells apart names that begin alike, such as `_hourly` or `disk-1`. */
const tailLength = 8;

/** Two boxes side by side would be copied as two lines. */
function copyAsOne(event: ClipboardEvent<HTMLElement>): void {
  const selection = window.getSelection();
  if (selection === null || selection.rangeCount === 0) return;
  const { commonAncestorContainer } = selection.getRangeAt(0);
  if (!event.currentTarget.contains(commonAncestorContainer)) return;
  event.clipboardData.setData('text/plain', selection.toString().replaceAll('\n', ''));
  event.preventDefault();
}

/** A name that is cut in its middle where there is no room, because its end matters as much as its beginning. */
export function LongName({ name, title = name }: { name: string; title?: string }) {
  const characters = [...name];
  const tail = characters.length > short ? characters.slice(-tailLength).join('') : '';
  return (
    <span className="mono long-name" title={title} onCopy={copyAsOne}>
      <span className="truncate">{name.slice(0, name.length - tail.length)}</span>
      {tail !== '' && <span>{tail}</span>}
    </span>
  );
}
