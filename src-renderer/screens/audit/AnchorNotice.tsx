import { Alert, Stack, Text } from '@mantine/core';
import { IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import type { AnchorCheck } from '../../../src-preload/contract/audit';
import { plural } from '../../format/bytes-format';
import { formatMoment } from '../../format/time-format';
import { closeAnchorCheck, useAuditStore } from '../../stores/audit-store';

const titles: Record<AnchorCheck['verdict'], string> = {
  contained: 'Everything the anchor vouches for is still there',
  'cut-short': 'This audit was CUT SHORT',
  rewritten: 'This audit was REWRITTEN',
  'other-file': 'The anchor is of another audit file',
};

function explain({ verdict, rowCount, anchorRowCount, firstBadSeq }: AnchorCheck): string {
  switch (verdict) {
    case 'contained':
      return rowCount > anchorRowCount
        ? `The first ${plural(anchorRowCount, 'row')} are unchanged. ${plural(rowCount - anchorRowCount, 'row')} came later, which this anchor says nothing about.`
        : `All ${plural(rowCount, 'row')} are unchanged.`;
    case 'cut-short':
      return `The anchor counts ${plural(anchorRowCount, 'row')}, ${rowCount} are there.`;
    case 'rewritten':
      return firstBadSeq === null
        ? `The first ${plural(anchorRowCount, 'row')} are sound in themselves, but they are not those that were signed: the chain was written anew.`
        : `Row ${firstBadSeq} was edited, moved or removed; the anchor vouched for it as it was.`;
    case 'other-file':
      return 'It says nothing about this one. An audit that was begun anew for the same host is another file, too: then the earlier one was set aside, removed or replaced.';
  }
}

/** What the shown audit says to the anchor that was chosen. */
export function AnchorNotice() {
  const check = useAuditStore((state) => state.anchorCheck);
  if (check === null) return null;
  const holds = check.verdict === 'contained';
  return (
    <Alert
      color={holds ? 'teal' : check.verdict === 'other-file' ? 'yellow' : 'red'}
      icon={holds ? <IconShieldCheck size={18} /> : <IconShieldX size={18} />}
      title={titles[check.verdict]}
      withCloseButton
      closeButtonLabel="Close the answer"
      onClose={closeAnchorCheck}
      role="status"
    >
      <Stack gap={4}>
        <Text size="sm">{explain(check)}</Text>
        <Text size="sm">
          Signed on {formatMoment(check.anchoredAtMs)} by{' '}
          {check.ownKey
            ? 'this installation.'
            : 'another installation. Compare the fingerprint of its key with the people who sent the anchor.'}
        </Text>
        <Text size="xs" c="dimmed" className="mono" style={{ overflowWrap: 'anywhere' }}>
          {check.displayPath} · key {check.keyFingerprint}
        </Text>
      </Stack>
    </Alert>
  );
}
