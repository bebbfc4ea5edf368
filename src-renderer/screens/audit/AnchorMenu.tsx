import { Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconAnchor } from '@tabler/icons-react';
import type { WireError } from '../../../src-preload/contract/result';
import { ActionMenu } from '../../components/ActionMenu';
import { plural } from '../../format/bytes-format';
import { checkAnchor, exportAnchor } from '../../stores/audit-store';

interface Props {
  /** null: no audit is shown. */
  sourceId: string | null;
  onFailure: (error: WireError | null) => void;
}

/** The newest signed checkpoint as a file kept elsewhere, and the audit held against one. */
export function AnchorMenu({ sourceId, onFailure }: Props) {
  const save = async () => {
    const answer = await exportAnchor();
    if (answer === null) return;
    if (!answer.ok) {
      onFailure(answer.error);
      return;
    }
    onFailure(null);
    if (answer.value.exported !== null) {
      notifications.show({
        title: 'Anchor exported',
        message: `It vouches for ${plural(answer.value.exported.rowCount, 'row')}. Keep ${answer.value.exported.displayPath} where nobody who can change this computer can change it.`,
      });
    }
  };
  return (
    <ActionMenu position="bottom-end">
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<IconAnchor size={16} />}
          disabled={sourceId === null}
          title={sourceId === null ? 'There is no audit yet' : undefined}
        >
          Anchor
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void save()}>Export anchor…</Menu.Item>
        <Menu.Item onClick={() => void checkAnchor().then(onFailure)}>Check against an anchor…</Menu.Item>
      </Menu.Dropdown>
    </ActionMenu>
  );
}
