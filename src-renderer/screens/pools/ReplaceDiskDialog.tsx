import { Alert, Group, Loader, Modal, Radio, Stack, Stepper, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { HostInventory, Pool, TopologyNode } from '../../../src-preload/contract/inventory';
import type { Offer } from '../../../src-preload/contract/operations';
import { ErrorNotice } from '../../components/ErrorNotice';
import { HealthMark } from '../../components/HealthMark';
import { OfferForm } from '../../components/OfferForm';
import { formatBytes } from '../../format/bytes-format';
import { useInventoryStore } from '../../stores/inventory-store';
import { closeOffers, loadOffers, useOffersStore, type OffersAnswer } from '../../stores/offers-store';
import { diskOf, diskWords, faultiest, leavesOf } from './pool-members';

/** The one action of each backend that puts a new disk in the place of a member. */
const replacements: ReadonlySet<string> = new Set([
  'zfs.device.replace',
  'mdadm.member.replace',
  'btrfs.device.replace',
  'lvm.pv.move',
]);

/** Which disk goes, which comes, then the plan; the rebuild shows on the pool until it ends. */
export function ReplaceDiskDialog() {
  const request = useOffersStore((state) => state.replace);
  const inventory = useInventoryStore((state) =>
    request === null ? null : (state.byHost[request.hostId]?.inventory ?? null),
  );
  const pool = inventory?.pools.find(({ id }) => id === request?.poolId);
  return (
    <Modal
      opened={request !== null}
      onClose={closeOffers}
      title={pool === undefined ? 'Replace a disk' : `Replace a disk of ${pool.name}`}
      size={680}
    >
      {request !== null && inventory !== null && pool !== undefined && (
        <Choose key={pool.id} hostId={request.hostId} pool={pool} inventory={inventory} />
      )}
    </Modal>
  );
}

function Choose({ hostId, pool, inventory }: { hostId: string; pool: Pool; inventory: HostInventory }) {
  const members = leavesOf(pool.topology);
  const [name, setName] = useState(faultiest(members)?.name ?? '');
  const member = members.find((entry) => entry.name === name);
  return (
    <Stack gap="md">
      <Stepper active={member === undefined ? 0 : 1} size="xs" allowNextStepsSelect={false}>
        <Stepper.Step label="Which disk goes" />
        <Stepper.Step label="Which disk comes" />
        <Stepper.Step label="Plan and confirm" />
        <Stepper.Step label="Rebuild" />
      </Stepper>
      <Radio.Group
        label="Disk to take out"
        description="Compare model and serial number with the label on the disk before you pull it."
        value={name}
        onChange={setName}
      >
        <Stack gap={8} mt={8}>
          {members.map((entry) => (
            <Member key={entry.name} node={entry} inventory={inventory} />
          ))}
        </Stack>
      </Radio.Group>
      {member !== undefined && <Replacement key={member.name} hostId={hostId} pool={pool} member={member} />}
    </Stack>
  );
}

function Member({ node, inventory }: { node: TopologyNode; inventory: HostInventory }) {
  const disk = diskOf(node, inventory.disks);
  return (
    <Radio
      value={node.name}
      label={
        <Group gap={8} wrap="nowrap">
          <HealthMark health={node.health} size={14} />
          <span className="mono">{node.name}</span>
          <Text span size="xs" fw={500} style={{ color: `var(--hf-${node.health})` }}>
            {node.state}
          </Text>
        </Group>
      }
      description={
        disk === null
          ? 'Model and serial number are not known.'
          : `${diskWords(disk)} · ${formatBytes(disk.sizeBytes)} · ${disk.path}`
      }
    />
  );
}

function Replacement({ hostId, pool, member }: { hostId: string; pool: Pool; member: TopologyNode }) {
  const [answer, setAnswer] = useState<OffersAnswer>({ status: 'loading' });
  useEffect(() => {
    let current = true;
    void loadOffers(hostId, { kind: 'member', poolId: pool.id, name: member.name }).then((found) => {
      if (current) setAnswer(found);
    });
    return () => {
      current = false;
    };
  }, [hostId, pool.id, member.name]);
  if (answer.status === 'loading') return <Loader size="sm" aria-label="Asking what can replace it" />;
  if (answer.status === 'failed') return <ErrorNotice error={answer.error} />;
  const offer: Offer | undefined = answer.offers.find(({ action }) => replacements.has(action));
  if (offer === undefined) {
    return <Text size="sm">{`${member.name} is a ${member.role} and cannot be replaced by itself.`}</Text>;
  }
  return (
    <Stack gap="md">
      {member.health === 'ok' && (
        <Alert
          color="orange"
          icon={<IconAlertTriangle size={18} />}
          title={`${member.name} is healthy`}
          variant="light"
        >
          Nothing is known to be wrong with this disk. While it is being replaced, the pool may have less to
          fall back on. Make sure that it is the one you mean.
        </Alert>
      )}
      <OfferForm hostId={hostId} offer={offer} />
    </Stack>
  );
}
