import { randomUUID } from 'node:crypto';
import type { Request, Response } from '../../../src-preload/contract';
import type { Host, HostListEntry } from '../../../src-preload/contract/hosts';
import { AppError } from '../errors/app-error';
import { saveText } from '../files/save-text';
import type { ShellPort } from '../port/shell-port';
import { newHostId } from './host-id';
import { hostListText, listedHost, readHostList, type ListedHost } from './host-list-file';
import { displayPath } from './key-file-registry';
import { routeTo } from './route';
import type { HostStore } from './types';

export interface HostListOptions {
  hosts: Pick<HostStore, 'list' | 'add' | 'refusal'>;
  shell: Pick<ShellPort, 'chooseSavePath' | 'chooseOpenPath'>;
  /** Names of clusters, which no host may have. */
  clusterNames: () => readonly string[];
  nowMs: () => number;
}

export interface HostLists {
  save(): Promise<Response<'hosts:exportList'>>;
  open(): Promise<Response<'hosts:openList'>>;
  add(request: Request<'hosts:importList'>): Response<'hosts:importList'>;
}

const fileFilter = [{ name: 'Host list', extensions: ['json'] }];

/**
 * The list of hosts as a file, and hosts taken from one. What is added is what was read when the file was chosen, not
 * what it says later; only the file that was chosen last counts.
 */
export function createHostLists({ hosts, shell, clusterNames, nowMs }: HostListOptions): HostLists {
  let chosen: { listId: string; listed: ListedHost[] } | null = null;
  return {
    save: async () => {
      const list = hosts.list();
      if (list.length === 0) throw new AppError('refused', 'There is no host to export yet.');
      const path = await shell.chooseSavePath('holdfast-hosts.json', fileFilter);
      if (path === null) return { exported: null };
      await saveText(path, hostListText(list));
      return { exported: { displayPath: displayPath(path), hostCount: list.length } };
    },
    open: async () => {
      const path = await shell.chooseOpenPath('Open a host list', fileFilter);
      if (path === null) return { found: null };
      const listed = readHostList(path);
      chosen = { listId: randomUUID(), listed };
      return {
        found: {
          listId: chosen.listId,
          displayPath: displayPath(path),
          entries: entriesOf(listed, hosts.list(), clusterNames()),
        },
      };
    },
    add: ({ listId, names }) => {
      if (chosen?.listId !== listId) {
        throw new AppError('refused', 'Another file was chosen since. Choose this one again.');
      }
      return addListed(chosen.listed, new Set(names), { hosts, clusterNames, nowMs });
    },
  };
}

/** The fields a person would compare, in words. */
function differences(here: ListedHost, there: ListedHost): string[] {
  const fields: [string, (host: ListedHost) => string][] = [
    ['address', ({ address, port }) => `${address}:${port}`],
    ['login name', ({ user }) => user],
    ['login', ({ login }) => login],
    ['sudo', ({ sudo }) => (sudo ? 'yes' : 'no')],
    [
      'environment',
      ({ environment: { label, colour, production } }) =>
        `${label}, ${colour}${production ? ', production' : ''}`,
    ],
    ['jump host', ({ via }) => via ?? 'none'],
  ];
  return fields
    .filter(([, of]) => of(here) !== of(there))
    .map(([label, of]) => `${label}: ${of(here)} here, ${of(there)} in the file`);
}

/** What would become of each host of the file. `refused` comes with the reason, `differs` with what differs. */
export function entriesOf(
  listed: readonly ListedHost[],
  present: readonly Host[],
  clusterNames: readonly string[],
): HostListEntry[] {
  const presentNames = new Map(present.map((host) => [host.name, host]));
  const nameOf = (hostId: string): string | undefined => present.find(({ id }) => id === hostId)?.name;
  const entries = listed.map((host): HostListEntry => {
    const of = (status: HostListEntry['status'], notes: string[] = []): HostListEntry => {
      const { name, address, port, user, login, via } = host;
      return { name, address, port, user, login, via: via ?? null, status, notes };
    };
    if (listed.filter(({ name }) => name === host.name).length > 1) {
      return of('refused', ['The file names it more than once.']);
    }
    const known = presentNames.get(host.name);
    if (known !== undefined) {
      const notes = differences(listedHost(known, nameOf), host);
      return of(notes.length === 0 ? 'same' : 'differs', notes);
    }
    if (clusterNames.includes(host.name)) return of('refused', ['A cluster has this name.']);
    if (
      host.via !== undefined &&
      !presentNames.has(host.via) &&
      !listed.some(({ name }) => name === host.via)
    ) {
      return of('refused', [`Its jump host ${host.via} is neither in the list nor in the file.`]);
    }
    const samePlace = present.find(
      ({ address, port, user, via }) =>
        address === host.address &&
        port === host.port &&
        user === host.user &&
        (via === undefined ? undefined : nameOf(via)) === host.via,
    );
    return of('new', samePlace === undefined ? [] : [`${samePlace.name} of your list is the same login.`]);
  });
  refuseBrokenRoutes(entries, present);
  return entries;
}

type OnTheWay = Pick<Host, 'id' | 'name' | 'via'>;

/** Ways that lead back to themselves or are too long, and what lies behind a jump host that is refused. */
function refuseBrokenRoutes(entries: HostListEntry[], present: readonly Host[]): void {
  const idOf = (name: string): string => present.find((host) => host.name === name)?.id ?? `new:${name}`;
  const coming = entries
    .filter(({ status }) => status === 'new')
    .map(({ name, via }): OnTheWay => ({
      id: idOf(name),
      name,
      ...(via === null ? {} : { via: idOf(via) }),
    }));
  const known: readonly OnTheWay[] = [...present, ...coming];
  for (const host of coming) {
    const reason = endsSomewhere(host, known)
      ? routeProblem(host, known)
      : 'A jump host on its way is refused.';
    const entry = entries.find(({ name }) => name === host.name);
    if (reason === null || entry === undefined) continue;
    entry.status = 'refused';
    entry.notes = [reason];
  }
}

function endsSomewhere({ via: first }: OnTheWay, known: readonly OnTheWay[]): boolean {
  const passed = new Set<string>();
  for (let via = first; via !== undefined && !passed.has(via);) {
    const jump = known.find(({ id }) => id === via);
    if (jump === undefined) return false;
    passed.add(via);
    ({ via } = jump);
  }
  return true;
}

function routeProblem(host: OnTheWay, known: readonly OnTheWay[]): string | null {
  try {
    routeTo(host, known);
    return null;
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.message;
    throw thrown;
  }
}

/** Adds chosen hosts at the level `view`, jump hosts before those they lead to. */
function addListed(
  listed: readonly ListedHost[],
  names: ReadonlySet<string>,
  { hosts, clusterNames, nowMs }: Omit<HostListOptions, 'shell'>,
): Response<'hosts:importList'> {
  const added: Host[] = [];
  const refused: { name: string; reason: string }[] = [];
  const entries = new Map(
    entriesOf(listed, hosts.list(), clusterNames()).map((entry) => [entry.name, entry]),
  );
  const decided = new Set<string>();
  const decide = (name: string): void => {
    if (decided.has(name)) return;
    decided.add(name);
    const entry = entries.get(name);
    const host = listed.find((each) => each.name === name);
    if (entry === undefined || host === undefined) {
      refused.push({ name, reason: 'It is not in the file.' });
      return;
    }
    if (entry.status !== 'new') {
      refused.push({
        name,
        reason: entry.status === 'refused' ? entry.notes.join(' ') : 'There is a host of this name already.',
      });
      return;
    }
    if (host.via !== undefined && names.has(host.via)) decide(host.via);
    const jump = hosts.list().find((each) => each.name === host.via);
    if (host.via !== undefined && jump === undefined) {
      refused.push({ name, reason: `Its jump host ${host.via} is not in the list. Choose it as well.` });
      return;
    }
    const made: Host = {
      id: newHostId(host.name),
      name: host.name,
      address: host.address,
      port: host.port,
      user: host.user,
      auth: { kind: host.login === 'password' ? 'password' : 'agent' },
      sudo: host.sudo,
      environment: host.environment,
      accessLevel: 'view',
      ...(jump === undefined ? {} : { via: jump.id }),
      demo: false,
      createdAtMs: nowMs(),
    };
    const refusal = hosts.refusal(made);
    if (refusal !== null) {
      refused.push({ name, reason: refusal });
      return;
    }
    hosts.add(made);
    added.push(made);
  };
  for (const name of names) decide(name);
  return { added, refused };
}
