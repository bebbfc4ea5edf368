import { Stack, Text, Title } from '@mantine/core';
import { CapacityBar } from '../../components/CapacityBar';
import { PlainTable } from '../../components/PlainTable';
import { ReadBar, ReadView } from '../../components/ReadView';
import { useRead } from '../../components/use-read';

/** What the guest says of itself: by its agent, or by the node for a container. */
export function GuestInsideView({ clusterId, vmid }: { clusterId: string; vmid: number }) {
  const { read, again } = useRead('inside:read', { clusterId, vmid });
  return (
    <Stack gap="md">
      <ReadBar onAgain={again}>What it says of itself from inside. Holdfast keeps none of it.</ReadBar>
      <ReadView read={read} label="Asking the guest">
        {(inside) =>
          inside.told ? (
            <Stack gap="lg">
              {inside.system !== null && (
                <Text size="sm">
                  {inside.system}
                  {inside.kernel !== null && `, kernel ${inside.kernel}`}
                </Text>
              )}
              <section aria-label="Addresses">
                <Title order={3} mb={6}>
                  Addresses
                </Title>
                <PlainTable
                  label="Addresses"
                  rows={inside.interfaces}
                  rowKey={({ name }) => name}
                  empty="It tells no interfaces."
                  columns={[
                    { header: 'Interface', mono: true, render: ({ name }) => name },
                    {
                      header: 'Addresses',
                      mono: true,
                      render: ({ addresses }) => (addresses.length === 0 ? '–' : addresses.join(', ')),
                    },
                    {
                      header: 'Hardware',
                      mono: true,
                      oneLine: true,
                      render: ({ hardwareAddress }) => hardwareAddress,
                    },
                  ]}
                />
              </section>
              {inside.fileSystems.length > 0 && (
                <section aria-label="File systems">
                  <Title order={3} mb={6}>
                    File systems
                  </Title>
                  <PlainTable
                    label="File systems"
                    rows={inside.fileSystems}
                    rowKey={({ mountPoint }) => mountPoint}
                    empty=""
                    columns={[
                      { header: 'Mounted at', mono: true, render: ({ mountPoint }) => mountPoint },
                      { header: 'Type', render: ({ type }) => type },
                      {
                        header: 'Used',
                        width: 280,
                        render: ({ mountPoint, usedBytes, totalBytes }) =>
                          usedBytes === null || totalBytes === null ? (
                            'not told'
                          ) : (
                            <CapacityBar
                              usedBytes={usedBytes}
                              sizeBytes={totalBytes}
                              label={`Used of ${mountPoint}`}
                            />
                          ),
                      },
                    ]}
                  />
                </section>
              )}
            </Stack>
          ) : (
            <Text size="sm" c="dimmed">
              {inside.why}
            </Text>
          )
        }
      </ReadView>
    </Stack>
  );
}
