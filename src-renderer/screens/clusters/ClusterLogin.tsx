import { Alert, Autocomplete, Group, PasswordInput, Radio, Stack, Text, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useState } from 'react';
import type { Cluster, ClusterEndpoint, ClusterLogin, Realm } from '../../../src-preload/contract/clusters';
import { call } from '../../api';
import { trustOf, type ClusterFormValues } from './cluster-form';

const realmKinds: Readonly<Record<string, string>> = {
  pam: 'Linux users of the nodes',
  pve: 'users of Proxmox VE itself',
  ldap: 'LDAP',
  ad: 'Active Directory',
  openid: 'OpenID Connect',
};
const usual: readonly Realm[] = [
  { realm: 'pam', type: 'pam', comment: '', secondFactor: false },
  { realm: 'pve', type: 'pve', comment: '', secondFactor: false },
];

/** As whom: a token, which is the better way, or a name and a password. */
export function ClusterLoginFields({
  form,
  cluster,
  endpoint,
}: {
  form: UseFormReturnType<ClusterFormValues>;
  cluster: Cluster | null;
  /** A node whose realms can be asked for; null: none yet. */
  endpoint: ClusterEndpoint | null;
}) {
  const { values } = form;
  const kept = cluster?.login.kind === values.loginKind ? 'Leave empty to keep the stored one' : undefined;
  return (
    <>
      <Radio.Group label="As whom does Holdfast come?" {...form.getInputProps('loginKind')}>
        <Stack gap={6} mt={6}>
          <Radio
            value="token"
            label="With an API token (preferred)"
            description="It can do only what you give it, needs no second factor, and is withdrawn by itself."
          />
          <Radio
            value="password"
            label="With a name and a password"
            description="For a cluster where you may make no token. Whatever the user may do, this laptop may do."
          />
        </Stack>
      </Radio.Group>
      {values.loginKind === 'token' ? (
        <Group grow align="flex-start">
          <TextInput
            label="API token"
            placeholder="holdfast@pve!laptop"
            spellCheck={false}
            {...form.getInputProps('tokenId')}
          />
          <PasswordInput
            label="Its secret"
            placeholder={kept}
            autoComplete="off"
            {...form.getInputProps('secret')}
          />
        </Group>
      ) : (
        <PasswordFields form={form} kept={kept} endpoint={endpoint} />
      )}
    </>
  );
}

function PasswordFields({
  form,
  kept,
  endpoint,
}: {
  form: UseFormReturnType<ClusterFormValues>;
  kept: string | undefined;
  endpoint: ClusterEndpoint | null;
}) {
  const { values } = form;
  const [told, setTold] = useState<readonly Realm[] | null>(null);
  /** Only a node that was trusted before is asked, and then without a login. */
  const ask = async () => {
    const trust = trustOf(values);
    if (endpoint === null || trust === null) return;
    const answer = await call('clusters:realms', { endpoint, trust });
    if (answer.ok) setTold(answer.value.realms);
  };
  const realms = told ?? usual;
  const chosen = realms.find(({ realm }) => realm === values.realm);
  return (
    <>
      <Group grow align="flex-start">
        <TextInput label="User" placeholder="anna" spellCheck={false} {...form.getInputProps('userName')} />
        <Autocomplete
          label="Realm"
          description={told === null ? 'pam, pve, or the name of your LDAP or AD realm' : undefined}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          data={realms.map(({ realm }) => realm)}
          // All of them, whatever stands there: there are few, and the right one may have another name.
          filter={({ options }) => options}
          renderOption={({ option }) => {
            const realm = realms.find((each) => each.realm === option.value);
            const kind = realmKinds[realm?.type ?? ''] ?? realm?.type ?? '';
            return (
              <div>
                <Text size="sm">{option.value}</Text>
                <Text size="xs" c="dimmed">
                  {[kind, realm?.comment].filter((part) => part !== '' && part !== undefined).join(' · ')}
                </Text>
              </div>
            );
          }}
          spellCheck={false}
          {...form.getInputProps('realm')}
          // Says nothing to the form itself, which only marks fields that were touched.
          onFocus={() => void ask()}
        />
        <PasswordInput
          label="Password"
          placeholder={kept}
          autoComplete="off"
          {...form.getInputProps('secret')}
        />
      </Group>
      {chosen?.secondFactor === true && (
        <Alert color="orange">
          <Text size="sm">
            Users of {chosen.realm} need a second factor, which Holdfast does not ask for. Use a token.
          </Text>
        </Alert>
      )}
    </>
  );
}

/** `demo@pve`, `holdfast@pve!laptop` */
export const loginName = (login: ClusterLogin): string =>
  login.kind === 'token' ? login.tokenId : login.userId;
