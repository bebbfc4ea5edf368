import { Badge, Stack, Text } from '@mantine/core';
import type { FirewallRule, FirewallScope } from '../../../src-preload/contract/datacenter';
import { OfferMenu } from '../../components/OfferMenu';
import { PlainTable } from '../../components/PlainTable';
import { ReadBar, ReadView } from '../../components/ReadView';
import { useRead } from '../../components/use-read';
import { useTakenAt } from '../../stores/clusters-store';

const scopeWords: Record<FirewallScope['level'], string> = {
  cluster: 'Rules for all nodes and, by security groups, for guests.',
  node: 'Rules for this node alone. They count only while the firewall of the cluster is on.',
  guest:
    'Rules for this guest. They count only while the firewall of the cluster is on, and on network cards with firewall=1.',
};

const actionColours: Readonly<Record<string, string>> = { ACCEPT: 'teal', DROP: 'red', REJECT: 'orange' };

/** From, to and ports in one line. */
function reach(rule: FirewallRule): string {
  const parts = [
    rule.macro,
    rule.proto,
    rule.source === '' ? '' : `from ${rule.source}`,
    rule.sport === '' ? '' : `port ${rule.sport}`,
    rule.dest === '' ? '' : `to ${rule.dest}`,
    rule.dport === '' ? '' : `port ${rule.dport}`,
    rule.iface === '' ? '' : `on ${rule.iface}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'everything' : parts.join(' ');
}

/** The firewall of a cluster, a node or a guest: the first rule that fits decides. */
export function FirewallView({ clusterId, scope }: { clusterId: string; scope: FirewallScope }) {
  const { read, again } = useRead('datacenter:firewall', { clusterId, scope }, useTakenAt(clusterId));
  const known = read.status === 'ready' ? read.found : null;
  return (
    <Stack gap="sm">
      <ReadBar
        onAgain={again}
        actions={
          <OfferMenu
            hostId={clusterId}
            subject={{
              kind: 'firewall',
              scope,
              options:
                known === null
                  ? null
                  : { enabled: known.enabled, policyIn: known.policyIn, policyOut: known.policyOut },
            }}
            label="Change the firewall"
            words="Change"
          />
        }
      >
        {scopeWords[scope.level]}
      </ReadBar>
      <ReadView read={read} label="Reading the firewall">
        {({ rules, enabled, policyIn, policyOut, options }) => (
          <Stack gap="sm">
            <Text size="sm">
              {enabled === null ? (
                scope.level === 'node' ? (
                  'On, as nodes are by default.'
                ) : (
                  'Off, as it is by default.'
                )
              ) : (
                <>
                  The firewall is <b>{enabled ? 'on' : 'off'}</b>.
                </>
              )}
              {scope.level !== 'node' &&
                ` What no rule says: in ${policyIn ?? 'DROP'}, out ${policyOut ?? 'ACCEPT'}.`}
              {options.length > 0 &&
                ` Further: ${options.map(({ key, value }) => `${key}=${value}`).join(', ')}.`}
            </Text>
            <PlainTable
              label="Firewall rules"
              rows={rules}
              rowKey={({ pos }) => String(pos)}
              empty="No rules."
              columns={[
                { header: 'Place', width: 60, numeric: true, render: ({ pos }) => pos + 1 },
                { header: 'Direction', render: ({ type }) => type },
                {
                  header: 'What happens',
                  render: ({ action, enabled: on }) => (
                    <>
                      <Badge
                        variant="light"
                        size="sm"
                        radius="sm"
                        tt="none"
                        color={on ? (actionColours[action] ?? 'blue') : 'gray'}
                      >
                        {action}
                      </Badge>
                      {!on && (
                        <Text span size="xs" c="dimmed" ml={6}>
                          off
                        </Text>
                      )}
                    </>
                  ),
                },
                { header: 'With', mono: true, render: reach },
                { header: 'Comment', render: ({ comment }) => comment },
                {
                  header: '',
                  width: 48,
                  render: (rule) => (
                    <OfferMenu
                      hostId={clusterId}
                      subject={{ kind: 'firewall-rule', scope, rule, count: rules.length }}
                      label={`Actions for rule ${rule.pos + 1}`}
                    />
                  ),
                },
              ]}
            />
          </Stack>
        )}
      </ReadView>
    </Stack>
  );
}
