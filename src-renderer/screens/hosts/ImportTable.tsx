import { Checkbox, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';

export interface ImportRow {
  name: string;
  /** Why it can't be chosen; undefined: it can. */
  excuse: string | undefined;
  notes: readonly string[];
  user: string;
  address: string;
  port: number;
  via: string | null;
  /** One for each of the table's own columns. */
  cells: readonly ReactNode[];
}

/** Hosts of a file, of which some are chosen by name. */
export function ImportTable({
  rows,
  columns,
  chooseAll,
  chosen,
  onChoose,
}: {
  rows: readonly ImportRow[];
  columns: readonly { header: string; width: number }[];
  /** What the tick in the head says it does. */
  chooseAll: string;
  chosen: readonly string[];
  onChoose: (names: readonly string[]) => void;
}) {
  const possible = rows.filter(({ excuse }) => excuse === undefined).map(({ name }) => name);
  const all = possible.length > 0 && chosen.length === possible.length;
  return (
    <Table.ScrollContainer minWidth={0} mah={370}>
      <Table aria-label="Hosts of the file" stickyHeader verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={36}>
              <Checkbox
                aria-label={chooseAll}
                disabled={possible.length === 0}
                checked={all}
                indeterminate={chosen.length > 0 && !all}
                onChange={() => onChoose(all ? [] : possible)}
              />
            </Table.Th>
            <Table.Th>Name</Table.Th>
            <Table.Th>Where</Table.Th>
            {columns.map(({ header, width }) => (
              <Table.Th key={header} miw={width}>
                {header}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ name, excuse, notes, user, address, port, via, cells }, index) => (
            <Table.Tr key={index} style={{ verticalAlign: 'top', overflowWrap: 'anywhere' }}>
              <Table.Td>
                <Checkbox
                  aria-label={`Choose ${name}`}
                  disabled={excuse !== undefined}
                  title={excuse}
                  checked={chosen.includes(name)}
                  onChange={() =>
                    onChoose(
                      chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name],
                    )
                  }
                />
              </Table.Td>
              <Table.Td>
                <Text size="sm" fw={500}>
                  {name}
                </Text>
                {notes.map((note) => (
                  <Text key={note} size="xs" c="dimmed">
                    {note}
                  </Text>
                ))}
              </Table.Td>
              <Table.Td className="mono" fz="xs">
                {user}@{address}:{port}
                {via !== null && (
                  <Text size="xs" c="dimmed">
                    through {via}
                  </Text>
                )}
              </Table.Td>
              {cells.map((cell, at) => (
                <Table.Td key={at} fz="xs">
                  {cell}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
