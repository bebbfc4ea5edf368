import { Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';

export interface PlainColumn<Row> {
  header: string;
  width?: number;
  numeric?: boolean;
  mono?: boolean;
  /** Names and times stay on one line. */
  oneLine?: boolean;
  render: (row: Row) => ReactNode;
}

/** A table of some dozen rows, all in the page. Longer ones are a VirtualTable. */
export function PlainTable<Row>({
  label,
  columns,
  rows,
  rowKey,
  empty,
  onOpen,
}: {
  label: string;
  columns: readonly PlainColumn<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Stands in place of a table without rows. */
  empty: ReactNode;
  /** A click anywhere on a row; the first cell holds a button for those who have no mouse. */
  onOpen?: (row: Row) => void;
}) {
  if (rows.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {empty}
      </Text>
    );
  }
  return (
    <div style={{ overflowX: 'auto' }}>
      <Table fz="sm" aria-label={label} highlightOnHover={onOpen !== undefined}>
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ header, width }, index) =>
              header === '' ? (
                <Table.Td key={index} w={width} />
              ) : (
                <Table.Th key={header} w={width}>
                  {header}
                </Table.Th>
              ),
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr
              key={rowKey(row)}
              onClick={onOpen === undefined ? undefined : () => onOpen(row)}
              style={onOpen === undefined ? undefined : { cursor: 'pointer' }}
            >
              {columns.map(({ numeric, mono, oneLine, render }, index) => (
                <Table.Td
                  key={index}
                  className={[numeric === true ? 'numeric' : '', mono === true ? 'mono' : '']
                    .join(' ')
                    .trim()}
                  style={oneLine === true ? { whiteSpace: 'nowrap' } : { overflowWrap: 'anywhere' }}
                >
                  {render(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
