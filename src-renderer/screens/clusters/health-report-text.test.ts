import { expect, it } from 'vitest';
import { reportText } from './health-report-text';

it('a health report as text says what is wrong first', () => {
  const checks = [
    { title: 'Quorum', outcome: 'ok' as const, text: 'The cluster has it.' },
    { title: 'Nodes', outcome: 'failed' as const, text: 'pve3 is not online.' },
    { title: 'Backups', outcome: 'warning' as const, text: '2 without a backup.' },
  ];
  expect(reportText('atlas', { takenAtMs: 0, checks })).toBe(
    [
      'Health of atlas, 1970-01-01T00:00:00.000Z',
      'FAILED   Nodes: pve3 is not online.',
      'WARNING  Backups: 2 without a backup.',
      'OK       Quorum: The cluster has it.',
      '',
    ].join('\n'),
  );
});
