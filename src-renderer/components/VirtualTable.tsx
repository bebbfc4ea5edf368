import { Skeleton } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';

export interface Column<Row, SortKey extends string = never> {
  id: string;
  header: ReactNode;
  /** A CSS grid track: `minmax(0, 2fr)`, `90px`. */
  width: string;
  align?: 'left' | 'right';
  sortKey?: SortKey;
  render: (row: Row, index: number) => ReactNode;
}

interface VirtualTableProps<Row, SortKey extends string> {
  label: string;
  columns: readonly Column<Row, SortKey>[];
  rowCount: number;
  /** undefined: not loaded yet; drawn as a placeholder. */
  rowAt: (index: number) => Row | undefined;
  rowKey: (row: Row) => string;
  rowHeight?: number;
  sort?: { key: SortKey; descending: boolean };
  onSort?: (key: SortKey, descending: boolean) => void;
  onRange?: (first: number, last: number) => void;
  onOpen?: (row: Row) => void;
  selectedKey?: string | null;
  /** What is shown is about to be replaced. */
  busy?: boolean;
  /** What the rows are an answer to: the answer to another question begins at its top. */
  question?: string;
}

const headHeight = 36;

/** A table whose DOM stays as small as the window, at 100 rows as at 100,000. Arrow keys move, Enter opens. */
export function VirtualTable<Row, SortKey extends string = never>({
  label,
  columns,
  rowCount,
  rowAt,
  rowKey,
  rowHeight = 42,
  sort,
  onSort,
  onRange,
  onOpen,
  selectedKey,
  busy = false,
  question = '',
}: VirtualTableProps<Row, SortKey>) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: rowCount,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    // The head lies above the first row, and over what is scrolled past it.
    paddingStart: headHeight,
    scrollPaddingStart: headHeight,
    overscan: 8,
  });
  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rowCount > 0) onRange?.(first, last);
  }, [first, last, rowCount, onRange]);

  useEffect(() => {
    if (scroller.current !== null) scroller.current.scrollTop = 0;
  }, [question]);

  const template = { gridTemplateColumns: columns.map((column) => column.width).join(' ') };
  const move = (event: KeyboardEvent<HTMLDivElement>, index: number, row: Row | undefined) => {
    if (event.target !== event.currentTarget) return;
    if (event.key === 'Enter' && row !== undefined && onOpen !== undefined) {
      event.preventDefault();
      onOpen(row);
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.min(rowCount - 1, Math.max(0, index + step));
    virtualizer.scrollToIndex(next);
    requestAnimationFrame(() => {
      scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus({ preventScroll: true });
    });
  };

  return (
    <div
      className="grid-table panel"
      role="table"
      aria-label={label}
      aria-busy={busy}
      aria-rowcount={rowCount + 1}
      style={{ flex: 1 }}
    >
      <div
        ref={scroller}
        className="grid-scroller"
        style={{ flex: 1, minHeight: 0, overflow: 'auto', scrollbarGutter: 'stable' }}
      >
        {/* As wide as the columns need at least, so that head and rows scroll sideways as one. */}
        <div style={{ height: virtualizer.getTotalSize(), minWidth: 'min-content', position: 'relative' }}>
          <div
            role="rowgroup"
            className="grid-head-row"
            style={{ height: headHeight, marginBottom: -headHeight }}
          >
            <div className="grid-row grid-head" role="row" aria-rowindex={1} style={template}>
              {columns.map((column) => {
                const { sortKey } = column;
                const active = sortKey !== undefined && sort?.key === sortKey;
                return (
                  <div
                    key={column.id}
                    role="columnheader"
                    aria-sort={active ? (sort.descending ? 'descending' : 'ascending') : undefined}
                    style={{ textAlign: column.align }}
                    className="truncate"
                  >
                    {sortKey !== undefined && onSort !== undefined ? (
                      <button type="button" onClick={() => onSort(sortKey, active ? !sort.descending : true)}>
                        {column.header}
                        {active &&
                          (sort.descending ? <IconArrowDown size={12} /> : <IconArrowUp size={12} />)}
                      </button>
                    ) : (
                      column.header
                    )}
                  </div>
                );
              })}
            </div>
          </div>
          <div role="rowgroup" className="grid-body">
            {items.map((item) => {
              const row = rowAt(item.index);
              const selected = row !== undefined && selectedKey === rowKey(row);
              return (
                <div
                  // By what it shows, not where: an open menu must never come to stand for another row.
                  key={row === undefined ? item.key : rowKey(row)}
                  role="row"
                  aria-rowindex={item.index + 2}
                  aria-selected={selected || undefined}
                  data-index={item.index}
                  tabIndex={item.index === first || selected ? 0 : -1}
                  className={`grid-row${onOpen === undefined ? '' : ' clickable'}`}
                  style={{
                    ...template,
                    position: 'absolute',
                    insetInline: 0,
                    height: item.size,
                    transform: `translateY(${item.start}px)`,
                  }}
                  onClick={onOpen === undefined || row === undefined ? undefined : () => onOpen(row)}
                  onKeyDown={(event) => move(event, item.index, row)}
                >
                  {columns.map((column) => (
                    <div key={column.id} role="cell" className="truncate" style={{ textAlign: column.align }}>
                      {row === undefined ? (
                        <Skeleton height={10} width="60%" />
                      ) : (
                        column.render(row, item.index)
                      )}
                    </div>
                  ))}
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}
