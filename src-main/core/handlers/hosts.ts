import type { CoreHandlers, Request, Response } from '../../../src-preload/contract';
import { accessLevels, type Host, type HostSettings } from '../../../src-preload/contract/hosts';
import { AppError } from '../errors/app-error';
import { checkPolicy, keepSecretFrom, lowerRecordOf, sameName } from '../hosts/guards';
import { newHostId } from '../hosts/host-id';
import type { HostLists } from '../hosts/import-host-list';
import { importSshConfig, listSshConfig, type ImportOptions } from '../hosts/import-ssh-config';
import { routeTo } from '../hosts/route';
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
  /** Where ~/.ssh/config is, and what its entries are held against. */
  sshConfig: ImportOptions;
  hostLists: HostLists;
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
  | 'hosts:readSshConfig'
  | 'hosts:importSshConfig'
  | 'hosts:exportList'
  | 'hosts:openList'
  | 'hosts:importList'
  | 'hosts:setSecret'
  | 'hosts:connect'
  | 'hosts:disconnect'
>;

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
function connectionOf({ address, port, user, auth, sudo, via }: HostSettings): string {
  return JSON.stringify([
    via,
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
    const taken = hosts.list().some(({ id, name }) => id !== hostId && sameName(name, settings.name));
    if (taken || options.nameTaken(settings.name)) {
      throw new AppError(
        'invalid-request',
        `There is a host or cluster named ${settings.name} already. Choose another name.`,
      );
    }
    checkPolicy(hosts, settings);
    routeTo({ ...settings, ...(hostId === null ? {} : { id: hostId }) }, hosts.list());
  };

  /** Throws AppError `cancelled` when the person says no. */
  const askToRaise = async (before: Host, after: HostSettings, signal: AbortSignal): Promise<void> => {
    if (await shell.confirm(raiseQuestion(before, { ...before, ...after }), signal)) return;
    throw new AppError('cancelled', 'The access level was not raised, so nothing was saved.');
  };

  const refuseInDemo = (): void => {
    if (!options.demo) return;
    throw new AppError(
      'refused',
      'The demo fleet has hosts of its own. Leave the demo to bring in or share yours.',
    );
  };

  return {
    'hosts:list': async () => ({ hosts: inventory.overviews() }),

    'hosts:add': async ({ settings, secret }, { signal }) => {
      checkSettings(settings, null);
      const lower = lowerRecordOf(settings, hosts.list(), null);
      if (lower !== null) {
        await askToRaise(lower, settings, signal);
        checkSettings(settings, null);
      }
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
      if (secret === null) keepSecretFrom(before, settings);
      const host: Host = { ...before, ...settings };
      const raises = accessLevels.indexOf(host.accessLevel) > accessLevels.indexOf(before.accessLevel);
      const lower = raises ? before : lowerRecordOf(settings, hosts.list(), hostId);
      // SECURITY: the page can ask for more on a known host; only a person in a native dialog grants it.
      if (lower !== null) {
        await askToRaise(lower, settings, signal);
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
      const behind = hosts.list().filter(({ via }) => via === hostId);
      if (behind.length > 0) {
        throw new AppError(
          'refused',
          `${host.name} is the jump host of ${behind.map(({ name }) => name).join(', ')}, so it was not removed. Choose another way to ${behind.length === 1 ? 'it' : 'them'} first.`,
        );
      }
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

    'hosts:readSshConfig': async () => {
      refuseInDemo();
      return listSshConfig(options.sshConfig);
    },
    'hosts:importSshConfig': async (request) => {
      refuseInDemo();
      const answer = importSshConfig(request, options.sshConfig);
      if (answer.added.length > 0) options.onChanged(null);
      return answer;
    },

    'hosts:exportList': async () => {
      refuseInDemo();
      return options.hostLists.save();
    },
    'hosts:openList': async () => {
      refuseInDemo();
      return options.hostLists.open();
    },
    'hosts:importList': async (request) => {
      refuseInDemo();
      const answer = options.hostLists.add(request);
      if (answer.added.length > 0) options.onChanged(null);
      return answer;
    },

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
