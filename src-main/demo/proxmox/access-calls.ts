import {
  addToken,
  addUser,
  authenticateTicket,
  createCsrfToken,
  createChallenge,
  createTicket,
  demand,
  mayAny,
  privilegesOf,
  type Identity,
  type Token,
  type User,
} from './access';
import { ApiError, AuthenticationError, died } from './errors';
import { flag, list, numberOr, optionalText, text, type Call, type Handlers } from './call';
import { splitList } from './formats';

/** What the web interface asks for; others only where something was granted. */
const usualPaths = [
  '/',
  '/access',
  '/access/groups',
  '/access/realm',
  '/mapping',
  '/nodes',
  '/pool',
  '/sdn',
  '/storage',
  '/vms',
];

function identityFrom(call: Call, userid: string | undefined): Identity {
  if (userid === undefined || userid === call.who.id) return call.who;
  const [user = '', token] = userid.split('!');
  if (user !== call.who.user) demand(call.cluster.access, call.who, '/access', 'Sys.Audit');
  if (!call.cluster.access.users.has(user)) throw died(`no such user ('${user}')`);
  return { user, token, id: userid };
}

function readPermissions(call: Call) {
  const { access } = call.cluster;
  const who = identityFrom(call, optionalText(call, 'userid'));
  const path = optionalText(call, 'path');
  const paths =
    path === undefined ? [...new Set([...usualPaths, ...access.grants.map((grant) => grant.path)])] : [path];
  const entries = paths.map((each) => {
    const granted = [...privilegesOf(access, who, each)];
    return [
      each,
      Object.fromEntries(granted.map(([privilege, propagate]) => [privilege, propagate ? 1 : 0])),
    ] as const;
  });
  return Object.fromEntries(
    entries.filter(([each, granted]) => each === path || Object.keys(granted).length > 0),
  );
}

const capabilityPaths = {
  vms: '/vms',
  storage: '/storage',
  access: '/access',
  nodes: '/nodes',
  sdn: '/sdn',
  mapping: '/mapping',
  dc: '/',
};
const capabilityPrivileges: Readonly<Record<string, RegExp>> = {
  vms: /^(?:VM\.|Permissions)/,
  storage: /^(?:Datastore|Permissions)/,
  access: /^(?:User|Group|Permissions)/,
  nodes: /^(?:Sys\.|Permissions)/,
  sdn: /^(?:SDN|Permissions)/,
  mapping: /^(?:Mapping|Permissions)/,
  dc: /^(?:SDN|Sys\.(?:Audit|Modify))/,
};

function capabilities(call: Call, who: Identity) {
  return Object.fromEntries(
    Object.entries(capabilityPaths).map(([key, path]) => {
      const granted = [...privilegesOf(call.cluster.access, who, path).keys()];
      const shown = granted.filter((privilege) => capabilityPrivileges[key]?.test(privilege));
      return [key, Object.fromEntries(shown.map((privilege) => [privilege, 1]))];
    }),
  );
}

/** A password, or a ticket that is still good: that is how one is renewed. */
function accepts(call: Call, user: User, password: string): boolean {
  const { access, nowMs } = call.cluster;
  if (!password.startsWith('PVE:')) return user.password === password;
  try {
    return authenticateTicket(access, password, nowMs()).user === user.id;
  } catch (error) {
    if (error instanceof AuthenticationError) return false;
    throw error;
  }
}

function login(call: Call) {
  const { cluster } = call;
  const given = text(call, 'username');
  const realm = optionalText(call, 'realm');
  const name = given.includes('@') || realm === undefined ? given : `${given}@${realm}`;
  const password = text(call, 'password');
  const user = cluster.access.users.get(name);
  if (user?.enabled !== true || user.password === undefined || !accepts(call, user, password)) {
    throw new ApiError(401, 'authentication failure\n');
  }
  if (user.secondFactor === true) {
    // As PVE/AccessControl.pm: no ticket yet, but one that a second step must answer.
    return { username: name, ticket: createChallenge(cluster.access, name, cluster.nowMs()) };
  }
  return {
    username: name,
    ticket: createTicket(cluster.access, name, cluster.nowMs()),
    CSRFPreventionToken: createCsrfToken(cluster.access, name, cluster.nowMs()),
    cap: capabilities(call, { user: name, id: name }),
    ...(cluster.clustered ? { clustername: cluster.name } : {}),
  };
}

const commentOf = (comment: string | undefined) => (comment === undefined ? {} : { comment });

function tokenRow(token: Token) {
  return {
    tokenid: token.name,
    privsep: token.separate ? 1 : 0,
    expire: token.expires,
    ...commentOf(token.comment),
  };
}

function userRow(user: User) {
  return {
    userid: user.id,
    enable: user.enabled ? 1 : 0,
    expire: user.expires,
    'realm-type': user.id.split('@')[1] ?? '',
    ...(user.firstName === undefined ? {} : { firstname: user.firstName }),
    ...(user.lastName === undefined ? {} : { lastname: user.lastName }),
    ...(user.email === undefined ? {} : { email: user.email }),
    ...commentOf(user.comment),
  };
}

function listUsers(call: Call) {
  const { access } = call.cluster;
  const seesAll = mayAny(access, call.who, '/access/groups', ['User.Modify', 'Sys.Audit']);
  return [...access.users.values()]
    .filter((user) => seesAll || user.id === call.who.user)
    .map((user) =>
      flag(call, 'full')
        ? { ...userRow(user), groups: '', tokens: [...user.tokens.values()].map(tokenRow) }
        : userRow(user),
    );
}

function userOf(call: Call): User {
  const id = text(call, 'userid');
  const user = call.cluster.access.users.get(id);
  if (user === undefined) throw died(`no such user ('${id}')`);
  return user;
}

function createUser(call: Call): null {
  const id = text(call, 'userid');
  const { access } = call.cluster;
  if (access.users.has(id)) throw died(`create user failed: user '${id}' already exists`);
  addUser(access, id, {
    enabled: flag(call, 'enable', true),
    expires: numberOr(call, 'expire', 0),
    firstName: optionalText(call, 'firstname'),
    lastName: optionalText(call, 'lastname'),
    email: optionalText(call, 'email'),
    comment: optionalText(call, 'comment'),
    password: optionalText(call, 'password'),
  });
  return null;
}

function tokenOf(call: Call): Token {
  const token = userOf(call).tokens.get(text(call, 'tokenid'));
  if (token === undefined)
    throw died(`no such token '${text(call, 'tokenid')}' for user '${text(call, 'userid')}'`);
  return token;
}

/** The secret is shown here and never again. */
function createToken(call: Call) {
  const user = userOf(call);
  const name = text(call, 'tokenid');
  if (user.tokens.has(name)) throw died('Token already exists.');
  const token = addToken(user, name, {
    separate: flag(call, 'privsep', true),
    expires: numberOr(call, 'expire', 0),
    comment: optionalText(call, 'comment'),
  });
  return {
    'full-tokenid': `${user.id}!${name}`,
    value: token.secret,
    info: { privsep: token.separate ? '1' : '0', ...commentOf(token.comment) },
  };
}

function deleteToken(call: Call): null {
  const token = tokenOf(call);
  const user = userOf(call);
  user.tokens.delete(token.name);
  const { access } = call.cluster;
  access.grants = access.grants.filter((grant) => grant.who !== `${user.id}!${token.name}`);
  return null;
}

const privilegeList = (privileges: readonly string[]) => [...privileges].sort().join(',');

function listRoles({ cluster }: Call) {
  return [...cluster.access.roles.values()].map((role) => ({
    roleid: role.id,
    privs: privilegeList(role.privileges),
    special: role.special ? 1 : 0,
  }));
}

function changeRole(call: Call): null {
  const id = text(call, 'roleid');
  const role = call.cluster.access.roles.get(id);
  if (role === undefined) throw died(`role '${id}' does not exist`);
  if (role.special) throw died(`auto-generated role '${id}' cannot be modified`);
  const added = splitList(optionalText(call, 'privs') ?? '');
  role.privileges = flag(call, 'append') ? [...new Set([...role.privileges, ...added])] : added;
  return null;
}

function createRole(call: Call): null {
  const id = text(call, 'roleid');
  const { roles } = call.cluster.access;
  if (roles.has(id)) throw died(`role '${id}' already exists`);
  roles.set(id, { id, special: false, privileges: splitList(optionalText(call, 'privs') ?? '') });
  return null;
}

function listGrants(call: Call) {
  const { access } = call.cluster;
  return access.grants
    .filter(
      (grant) =>
        mayAny(access, call.who, grant.path, ['Sys.Audit', 'Permissions.Modify']) ||
        grant.who === call.who.id,
    )
    .map((grant) => ({
      path: grant.path,
      ugid: grant.who,
      type: grant.who.includes('!') ? 'token' : 'user',
      roleid: grant.role,
      propagate: grant.propagate ? 1 : 0,
    }));
}

function changeGrants(call: Call): null {
  const { access } = call.cluster;
  const path = text(call, 'path');
  for (const who of [...list(call, 'users'), ...list(call, 'tokens')]) {
    for (const role of list(call, 'roles')) {
      if (!access.roles.has(role)) throw died(`role '${role}' does not exist`);
      access.grants = access.grants.filter(
        (grant) => !(grant.path === path && grant.who === who && grant.role === role),
      );
      if (!flag(call, 'delete'))
        access.grants.push({ path, who, role, propagate: flag(call, 'propagate', true) });
    }
  }
  return null;
}

const realms = [
  { realm: 'pam', type: 'pam', comment: 'Linux PAM standard authentication' },
  { realm: 'pve', type: 'pve', comment: 'Proxmox VE authentication server' },
  { realm: 'corp', type: 'ad', comment: 'Example Corp', tfa: 'oath' },
];

export const accessHandlers: Handlers = {
  'GET /access': () =>
    ['users', 'groups', 'roles', 'acl', 'domains', 'ticket', 'permissions'].map((subdir) => ({ subdir })),
  'GET /access/domains': () => realms,
  'GET /access/ticket': () => null,
  'POST /access/ticket': login,
  'GET /access/permissions': readPermissions,
  'GET /access/users': listUsers,
  'POST /access/users': createUser,
  'GET /access/users/{userid}': (call) => {
    const { userid: _, ...row } = userRow(userOf(call));
    return { ...row, groups: [], tokens: {} };
  },
  'DELETE /access/users/{userid}': (call) => {
    call.cluster.access.users.delete(userOf(call).id);
    return null;
  },
  'GET /access/users/{userid}/token': (call) => [...userOf(call).tokens.values()].map(tokenRow),
  'GET /access/users/{userid}/token/{tokenid}': (call) => {
    const { tokenid: _, ...row } = tokenRow(tokenOf(call));
    return row;
  },
  'POST /access/users/{userid}/token/{tokenid}': createToken,
  'DELETE /access/users/{userid}/token/{tokenid}': deleteToken,
  'GET /access/roles': listRoles,
  'POST /access/roles': createRole,
  'GET /access/roles/{roleid}': (call) => {
    const role = call.cluster.access.roles.get(text(call, 'roleid'));
    if (role === undefined) throw died(`role '${text(call, 'roleid')}' does not exist`);
    return Object.fromEntries(role.privileges.map((privilege) => [privilege, 1]));
  },
  'PUT /access/roles/{roleid}': changeRole,
  'DELETE /access/roles/{roleid}': (call) => {
    call.cluster.access.roles.delete(text(call, 'roleid'));
    return null;
  },
  'GET /access/groups': () => [],
  'GET /access/acl': listGrants,
  'PUT /access/acl': changeGrants,
};
