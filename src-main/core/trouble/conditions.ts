import type { ClusterInventory } from '../../../src-preload/contract/clusters';
import type { HostSummary } from '../../../src-preload/contract/hosts';
import type { AppError } from '../errors/app-error';
import type { Condition } from './trouble-watch';

/** Whether it could be read at all. */
export const reachCondition = (name: string, error: AppError | null): Condition => ({
  kind: 'reach',
  node: '',
  holds: error !== null,
  begun: { title: `${name} cannot be read`, text: error?.message ?? '' },
  ended: { title: `${name} is read again`, text: 'It answers.' },
});

export function clusterConditions(
  name: string,
  { nodes, quorate }: Pick<ClusterInventory, 'nodes' | 'quorate'>,
): Condition[] {
  return [
    {
      kind: 'quorum',
      node: '',
      holds: quorate === null ? null : !quorate,
      begun: { title: `${name} lost its quorum`, text: 'Nothing can be started or changed there.' },
      ended: { title: `${name} has its quorum again`, text: 'Guests can be started and changed.' },
    },
    ...nodes.map((node): Condition => ({
      kind: 'node',
      node: node.name,
      holds: node.status === 'unknown' ? null : node.status === 'offline',
      begun: {
        title: `${name}: node ${node.name} is offline`,
        text: 'Its guests are down unless they are highly available.',
      },
      ended: { title: `${name}: node ${node.name} is online again`, text: 'Look at the guests on it.' },
    })),
  ];
}

export function hostConditions(name: string, { problems }: Pick<HostSummary, 'problems'>): Condition[] {
  const critical = problems.find(({ severity }) => severity === 'critical');
  return [
    {
      kind: 'health',
      node: '',
      holds: critical !== undefined,
      begun: { title: `${name} needs attention`, text: critical?.text ?? '' },
      ended: { title: `${name} has no critical problem any more`, text: 'As far as its last reading tells.' },
    },
  ];
}
