import { randomBytes } from 'node:crypto';
import type { CoreHandlers, Request, Response } from '../../../src-preload/contract';
import { accessLevels, type Host, type HostSettings } from '../../../src-preload/contract/hosts';
import { AppError } from '../errors/app-error';
import type { CredentialStore, HostStore, KeyFileRegistry } from '../hosts/types';
import type { InventoryService } from '../inventory/service';
import { visible } from '../operations/confirm-words';
import { addressOf, kindOf, type Managed } from '../operations/link';
import type { ConfirmQuestion, ShellPort } from '../port/shell-port';

/** Looking at and deciding about host keys and key files, as core/hosts offers it. */
export interface HostTrust {
  probeKey(request: Request<'hosts:probeKey'>, signal: AbortSignal): Promise<Response<'hosts:probeKey'>>;
  trustKey(request: Request<'hosts:trustKey'>, signal: AbortSignal): Promise<Response<'hosts:trustKey'>>;
  chooseKeyFile(): Promise<Response<'hosts:chooseKeyFile'>>;
}

export interface HostHandlerOptions {
  hosts: HostStore;
  credentials: CredentialStore;
  keyFiles: KeyFileRegistry;
  trust: HostTrust;
  inventory: InventoryService;
  shell: Pick<ShellPort, 'confirm'>;
  demo: boolean;
  /** A cluster has that name: people type it to confirm, so it has to mean one thing. */
  nameTaken: (name: string) => boolean;
  /** A change is being made on the host right now. */
  busy: (hostId: string) => boolean;
  /** Before the host's record goes: closes its audit for now and forgets what is counted about it. */
  onRemove: (host: Host) => void;
  /** null: more than one host. */
  onChanged: (hostId: string | null) => void;
  nowMs: () => number;
}

type HostHandlers = Pick<
  CoreHandlers,
  | 'hosts:list'
  | 'hosts:add'
  | 'hosts:update'
  | 'hosts:remove'
  | 'hosts:probeKey'
  | 'hosts:trustKey'
  | 'hosts:chooseKeyFile'
  | 'hosts:setSecret'
  | 'hosts:connect'
  | 'hosts:disconnect'
>;

/**
 * A new id, readable in file names. Never one that was used: the audit of a removed host stays under its id, and a
 * new host of the same name must not write into it.
 */
export function newHostId(name: string): string {
  const slug = name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return `${slug === '' ? 'host' : slug}-${randomBytes(4).toString('hex')}`;
}

function removeQuestion(host: Host): ConfirmQuestion {
  return {
    kind: 'remove-host',
    title: `Remove ${visible(host.name)} from Holdfast?`,
    message: `Host: ${visible(host.name)} (${visible(host.address)})\nEnvironment: ${visible(host.environment.label)}`,
    detail:
      'Holdfast forgets its record of this host, the stored secret, its snapshot policies and the last known inventory. Nothing is changed on the host, and its audit stays.',
    confirmLabel: 'Remove host',
  };
}

const accessWords: Record<Host['accessLevel'], string> = {
  view: 'look only',
  operate: 'take snapshots and run routine work',
  administer: 'change and destroy everything Holdfast knows how to',
};

export function raiseQuestion(before: Managed, after: Managed): ConfirmQuestion {
  const what = kindOf(after) === 'host' ? 'Host' : 'Cluster';
  return {
    kind: 'raise-access',
    title: `Let this laptop ${after.accessLevel} ${visible(after.name)}?`,
    message: `${what}: ${visible(after.name)} (${visible(addressOf(after))})\nEnvironment: ${visible(after.environment.label)}`,
    detail: `Until now it may ${accessWords[before.accessLevel]}. After this it may ${accessWords[after.accessLevel]}. Every change is still shown, confirmed and recorded one by one.`,
    confirmLabel: `Allow “${after.accessLevel}”`,
  };
}

/** What decides where we connect and as whom; a change ends the connection. */
function connectionOf({ address, port, user, auth, sudo }: HostSettings): string {
  return JSON.stringify([
    address,
    port,
    user,
    auth.kind,
    auth.kind === 'key-file' ? auth.keyFileId : '',
    sudo,
  ]);
}

export function hostHandlers(options: HostHandlerOptions): HostHandlers {
  const { hosts, credentials, keyFiles, trust, inventory, shell } = options;

  /** Throws AppError: a key file that was not chosen in the native dialog, or a name that is taken. */
  const checkSettings = (settings: HostSettings, hostId: string | null): void => {
    // SECURITY: the page knows ids of key files only; an id that the dialog did not give names no file.
    if (settings.auth.kind === 'key-file') keyFiles.path(settings.auth.keyFileId);
    // The name is what people type to confirm, so it has to mean one host.
    const taken = hosts.list().some(({ id, name }) => id !== hostId && name === settings.name);
    if (taken || options.nameTaken(settings.name)) {
      throw new AppError(
        'invalid-request',
        `There is a host or cluster named ${settings.name} already. Choose another name.`,
      );
    }
  };

  return {
    'hosts:list': async () => ({ hosts: inventory.overviews() }),

    'hosts:add': async ({ settings, secret }) => {
      checkSettings(settings, null);
      const host: Host = {
        ...settings,
        id: newHostId(settings.name),
        demo: options.demo,
        createdAtMs: options.nowMs(),
      };
      hosts.add(host);
      if (secret !== null) await credentials.write(host.id, secret);
      options.onChanged(host.id);
      return host;
    },

    'hosts:update': async ({ hostId, settings, secret }, { signal }) => {
      const before = hosts.get(hostId);
      const refuseWhileBusy = (): void => {
        if (options.busy(hostId)) {
          throw new AppError('refused', `A change on ${before.name} is under way. Wait until it has ended.`);
        }
      };
      refuseWhileBusy();
      checkSettings(settings, hostId);
      const host: Host = { ...before, ...settings };
      const raises = accessLevels.indexOf(host.accessLevel) > accessLevels.indexOf(before.accessLevel);
      // SECURITY: the page can ask for more on a known host; only a person in a native dialog grants it.
      if (raises) {
        if (!(await shell.confirm(raiseQuestion(before, host), signal))) {
          throw new AppError('cancelled', 'The access level was not raised, so nothing was saved.');
        }
        // While the question stood open, another change may have begun.
        refuseWhileBusy();
        checkSettings(settings, hostId);
      }
      hosts.update(host);
      if (secret !== null) await credentials.write(hostId, secret);
      if (secret !== null || connectionOf(before) !== connectionOf(host))
        await inventory.settingsChanged(hostId);
      options.onChanged(hostId);
      return host;
    },

    'hosts:remove': async ({ hostId }, { signal }) => {
      const host = hosts.get(hostId);
      const refuseWhileBusy = (): void => {
        if (options.busy(hostId)) {
          throw new AppError('refused', `A change on ${host.name} is under way. Wait until it has ended.`);
        }
      };
      refuseWhileBusy();
      if (!(await shell.confirm(removeQuestion(host), signal))) return { removed: false };
      refuseWhileBusy();
      await inventory.disconnect(hostId);
      options.onRemove(host);
      await credentials.forget(hostId);
      hosts.remove(hostId);
      inventory.forget(hostId);
      options.onChanged(null);
      return { removed: true };
    },

    'hosts:probeKey': (request, { signal }) => trust.probeKey(request, signal),
    'hosts:trustKey': (request, { signal }) => trust.trustKey(request, signal),
    'hosts:chooseKeyFile': () => trust.chooseKeyFile(),

    'hosts:setSecret': async ({ hostId, secret }) => {
      hosts.get(hostId);
      await credentials.write(hostId, secret);
      await inventory.settingsChanged(hostId);
      return {};
    },

    'hosts:connect': ({ hostId }, { signal }) => inventory.connect(hostId, signal),
    'hosts:disconnect': ({ hostId }) => inventory.disconnect(hostId),
  };
}
