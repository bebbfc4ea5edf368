import type {
  Cluster,
  ClusterLogin,
  ClusterSettings,
  ClusterTrust,
} from '../../../src-preload/contract/clusters';
import type { AccessLevel, Environment } from '../../../src-preload/contract/hosts';
import type { Certificate } from '../../../src-preload/contract/result';
import { parseEndpoints } from './endpoints';

export interface ClusterFormValues {
  name: string;
  nodes: string;
  loginKind: ClusterLogin['kind'];
  tokenId: string;
  userName: string;
  realm: string;
  /** Of the token, or the password. */
  secret: string;
  trust: 'pin' | 'system' | 'authority';
  /** null: none was chosen. */
  authority: Certificate | null;
  label: string;
  colour: Environment['colour'];
  production: boolean;
  accessLevel: AccessLevel;
}

export function initialValues(cluster: Cluster | null): ClusterFormValues {
  const login = cluster?.login;
  const userId = login?.kind === 'password' ? login.userId : '';
  const at = userId.lastIndexOf('@');
  return {
    name: cluster?.name ?? '',
    nodes: cluster?.endpoints.map(({ address, port }) => `${address}:${port}`).join('\n') ?? '',
    loginKind: login?.kind ?? 'token',
    tokenId: login?.kind === 'token' ? login.tokenId : '',
    userName: at < 0 ? '' : userId.slice(0, at),
    realm: at < 0 ? 'pam' : userId.slice(at + 1),
    secret: '',
    trust: cluster === null ? 'pin' : typeof cluster.trust === 'string' ? cluster.trust : 'authority',
    authority: null,
    label: cluster?.environment.label ?? 'Lab',
    colour: cluster?.environment.colour ?? 'blue',
    production: cluster?.environment.production ?? false,
    accessLevel: cluster?.accessLevel ?? 'view',
  };
}

/** null: an authority is wanted and none was chosen. */
export function trustOf({ trust, authority }: ClusterFormValues): ClusterTrust | null {
  if (trust !== 'authority') return trust;
  return authority === null ? null : { authority: authority.sha256 };
}

export function loginOf({ loginKind, tokenId, userName, realm }: ClusterFormValues): ClusterLogin {
  return loginKind === 'token'
    ? { kind: 'token', tokenId: tokenId.trim() }
    : { kind: 'password', userId: `${userName.trim()}@${realm.trim()}` };
}

/** null: it cannot be saved like that, which the fields say. */
export function settingsOf(values: ClusterFormValues): ClusterSettings | null {
  const read = parseEndpoints(values.nodes);
  const trust = trustOf(values);
  if ('complaint' in read || trust === null) return null;
  return {
    name: values.name.trim(),
    endpoints: read.endpoints,
    login: loginOf(values),
    trust,
    environment: { label: values.label.trim(), colour: values.colour, production: values.production },
    accessLevel: values.accessLevel,
  };
}

/** A password may begin or end with a space; the secret of a token has none. null: the stored one is kept. */
export function secretOf({ loginKind, secret }: ClusterFormValues): string | null {
  const given = loginKind === 'token' ? secret.trim() : secret;
  return given === '' ? null : given;
}

/** What each field complains of; null: nothing. */
export function complaintsOf(cluster: Cluster | null) {
  return {
    name: (value: string) => (value.trim() === '' ? 'Give it the name you know it by' : null),
    nodes: (value: string) => {
      const read = parseEndpoints(value);
      return 'complaint' in read ? read.complaint : null;
    },
    tokenId: (value: string, { loginKind }: ClusterFormValues) =>
      loginKind !== 'token' ||
      /^[^\s!:/]+@[A-Za-z][A-Za-z0-9._-]*![A-Za-z][A-Za-z0-9._-]*$/.test(value.trim())
        ? null
        : 'As user@realm!token, such as holdfast@pve!laptop',
    userName: (value: string, { loginKind }: ClusterFormValues) =>
      loginKind !== 'password' || /^[^\s!:/]+$/.test(value.trim())
        ? null
        : 'The name without its realm: no spaces, no “!”, “:” or “/”',
    realm: (value: string, { loginKind }: ClusterFormValues) =>
      loginKind !== 'password' || /^[A-Za-z][A-Za-z0-9._-]*$/.test(value.trim())
        ? null
        : 'Such as pam, pve or the name of your directory',
    secret: (value: string, values: ClusterFormValues) => {
      if (value !== '' || cluster?.login.kind === values.loginKind) return null;
      return values.loginKind === 'token'
        ? 'Proxmox VE shows it once, when the token is made'
        : 'Needed for the first login';
    },
    trust: (value: string, { authority }: ClusterFormValues) =>
      value === 'authority' && authority === null ? 'Choose the file with its certificate' : null,
    label: (value: string) => (value.trim() === '' || value.length > 24 ? '1 to 24 characters' : null),
  };
}
