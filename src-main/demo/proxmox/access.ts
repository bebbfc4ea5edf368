import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { AuthenticationError, forbidden } from './errors';
import { allPrivileges, builtInRoles } from './roles';
import type { PermissionCheck } from './schema';

export interface Token {
  name: string;
  secret: string;
  /** Its rights are those that both it and its user have. */
  separate: boolean;
  /** Seconds since the epoch; 0: never. */
  expires: number;
  comment?: string;
}

export interface User {
  id: string;
  enabled: boolean;
  expires: number;
  firstName?: string;
  lastName?: string;
  email?: string;
  comment?: string;
  password?: string;
  /** Logs in with a second factor only. */
  secondFactor?: boolean;
  tokens: Map<string, Token>;
}

export interface Grant {
  path: string;
  /** A user, or a token as `user@realm!token`. */
  who: string;
  role: string;
  propagate: boolean;
}

export interface Role {
  id: string;
  special: boolean;
  privileges: readonly string[];
}

export interface Access {
  users: Map<string, User>;
  roles: Map<string, Role>;
  grants: Grant[];
  /** Signs tickets. */
  ticketKey: Buffer;
}

/** Who asks. */
export interface Identity {
  user: string;
  token?: string;
  /** As it stands in a UPID: `user@realm!token`. */
  id: string;
}

export function createAccess(): Access {
  const roles = Object.entries(builtInRoles).map(([id, privileges]) => ({ id, privileges, special: true }));
  return {
    users: new Map(),
    roles: new Map(roles.map((role) => [role.id, role])),
    grants: [],
    ticketKey: randomBytes(32),
  };
}

export function addUser(access: Access, id: string, more: Partial<User> = {}): User {
  const user: User = { id, enabled: true, expires: 0, tokens: new Map(), ...more };
  access.users.set(id, user);
  return user;
}

/** Gives the token a new secret. */
export function addToken(user: User, name: string, more: Partial<Token> = {}): Token {
  const token: Token = { name, secret: randomUUID(), separate: true, expires: 0, ...more };
  user.tokens.set(name, token);
  return token;
}

const identityOf = (user: string, token?: string): Identity => ({
  user,
  token,
  id: token === undefined ? user : `${user}!${token}`,
});

/** From the header's value, or refused: an unknown, expired or wrong token all look the same. */
export function authenticateToken(access: Access, header: string, nowMs: number): Identity {
  const [, userId = '', name = '', secret = ''] = /^PVEAPIToken[= ]([^!]+)!([^=]+)=(.+)$/.exec(header) ?? [];
  const user = access.users.get(userId);
  const token = user?.tokens.get(name);
  const expired = token !== undefined && token.expires !== 0 && token.expires * 1000 < nowMs;
  if (user?.enabled !== true || token === undefined || expired || token.secret !== secret) {
    throw new AuthenticationError('Authentication failed!');
  }
  return identityOf(userId, name);
}

const hexTime = (ms: number) =>
  Math.floor(ms / 1000)
    .toString(16)
    .toUpperCase()
    .padStart(8, '0');
const ticketHours = 2;

function signature(access: Access, text: string): string {
  return createHmac('sha256', access.ticketKey).update(text).digest('base64');
}

export function createTicket(access: Access, user: string, nowMs: number): string {
  const text = `PVE:${user}:${hexTime(nowMs)}`;
  return `${text}::${signature(access, text)}`;
}

/** Half a login: good for nothing but its second step. */
export function createChallenge(access: Access, user: string, nowMs: number): string {
  const challenge = encodeURIComponent(JSON.stringify({ totp: true, recovery: 'none', webauthn: null }));
  const text = `PVE:!tfa!${challenge}:${hexTime(nowMs)}`;
  return `${text}::${signature(access, `${text} ${user}`)}`;
}

export function createCsrfToken(access: Access, user: string, nowMs: number): string {
  const time = hexTime(nowMs);
  return `${time}:${signature(access, `csrf:${time}:${user}`).replace(/=+$/, '')}`;
}

const tooOld = (time: string, nowMs: number) => {
  const age = nowMs / 1000 - Number.parseInt(time, 16);
  return !(age > -300 && age < ticketHours * 3600);
};

export function authenticateTicket(access: Access, ticket: string, nowMs: number): Identity {
  const [, text = '', user = '', time = '', signed = ''] =
    /^(PVE:([^:]+):([0-9A-F]{8}))::(.+)$/.exec(ticket) ?? [];
  if (!access.users.has(user) || tooOld(time, nowMs) || signature(access, text) !== signed) {
    throw new AuthenticationError('Authentication failed!');
  }
  return identityOf(user);
}

export function checkCsrfToken(access: Access, user: string, token: string | undefined, nowMs: number): void {
  const [time = '', signed = ''] = token?.split(':') ?? [];
  const right = signature(access, `csrf:${time}:${user}`).replace(/=+$/, '');
  if (tooOld(time, nowMs) || signed !== right) {
    throw new AuthenticationError('Permission denied - invalid csrf token');
  }
}

/** `/vms/100` -> `/`, `/vms`, `/vms/100`. */
function parentsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
}

/** Grants further down replace those further up. */
function grantedTo(access: Access, who: string, path: string): Map<string, boolean> {
  let granted = new Map<string, boolean>();
  for (const step of parentsOf(path)) {
    const here = access.grants.filter(
      (grant) => grant.who === who && grant.path === step && (grant.propagate || step === path),
    );
    if (here.length === 0) continue;
    granted = new Map();
    for (const { role, propagate } of here) {
      for (const privilege of access.roles.get(role)?.privileges ?? []) granted.set(privilege, propagate);
    }
  }
  return granted;
}

const everything = new Map([...allPrivileges].map((privilege) => [privilege, true]));

/** Privileges at a path, and whether they hold further down as well. */
export function privilegesOf(access: Access, who: Identity, path: string): Map<string, boolean> {
  const ofUser = who.user === 'root@pam' ? everything : grantedTo(access, who.user, path);
  const token = who.token === undefined ? undefined : access.users.get(who.user)?.tokens.get(who.token);
  if (token === undefined || !token.separate) return ofUser;
  const ofToken = grantedTo(access, who.id, path);
  return new Map([...ofToken].filter(([privilege]) => ofUser.has(privilege)));
}

export function mayAll(access: Access, who: Identity, path: string, privileges: readonly string[]): boolean {
  const granted = privilegesOf(access, who, path);
  return privileges.every((privilege) => granted.has(privilege));
}

export function mayAny(access: Access, who: Identity, path: string, privileges: readonly string[]): boolean {
  const granted = privilegesOf(access, who, path);
  return privileges.some((privilege) => granted.has(privilege));
}

/** Refuses, naming the first privilege that is missing. */
export function demand(access: Access, who: Identity, path: string, ...privileges: readonly string[]): void {
  const granted = privilegesOf(access, who, path);
  const missing = privileges.find((privilege) => !granted.has(privilege));
  if (missing !== undefined) throw forbidden(`${path}, ${missing}`);
}

export function demandAny(access: Access, who: Identity, path: string, privileges: readonly string[]): void {
  if (!mayAny(access, who, path, privileges)) throw forbidden(`${path}, ${privileges.join('|')}`);
}

type Values = Readonly<Record<string, string | string[] | undefined>>;

const textOf = (value: unknown) => (Array.isArray(value) ? String(value[0]) : String(value ?? ''));

function fill(path: string, values: Values): string {
  return path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => textOf(values[name])).replace(/(?<=.)\/+$/, '');
}

function checkPerm(access: Access, who: Identity, check: PermissionCheck, values: Values): void {
  const [, template, privileges, ...options] = check as [string, string, string[], ...unknown[]];
  const required = options[options.indexOf('require_param') + 1];
  if (options.includes('require_param') && values[textOf(required)] === undefined) throw forbidden();
  const path = fill(template, values);
  if (options.includes('any')) demandAny(access, who, path, privileges);
  else demand(access, who, path, ...privileges);
}

function refusal(attempt: () => void): Error | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

function isList(value: unknown): value is PermissionCheck {
  return Array.isArray(value);
}

/** The schema's own language of permission checks. */
export function checkPermission(access: Access, who: Identity, check: PermissionCheck, values: Values): void {
  const [kind, ...rest] = check;
  switch (kind) {
    case 'perm':
      checkPerm(access, who, check, values);
      return;
    case 'and':
      for (const part of rest.filter(isList)) checkPermission(access, who, part, values);
      return;
    case 'or': {
      const refusals = rest
        .filter(isList)
        .map((part) => refusal(() => checkPermission(access, who, part, values)));
      if (!refusals.includes(undefined)) throw forbidden();
      return;
    }
    case 'userid-param': {
      const user = textOf(values['userid']);
      if (rest[0] === 'self') {
        if (user !== who.user) throw forbidden();
        return;
      }
      demand(access, who, `/access/realm/${user.split('@')[1] ?? ''}`, textOf(rest[0]));
      return;
    }
    case 'userid-group':
      demandAny(access, who, '/access/groups', isList(rest[0]) ? rest[0].map(textOf) : []);
      return;
    case 'perm-modify':
      demand(access, who, fill(textOf(rest[0]), values), 'Permissions.Modify');
      return;
    default:
      throw new Error(`Unknown permission check ${JSON.stringify(check)}`);
  }
}
