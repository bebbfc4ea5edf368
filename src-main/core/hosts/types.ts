import type { Host } from '../../../src-preload/contract/hosts';
import type { HostKey } from '../../../src-preload/contract/result';

/** The host list without secrets. */
export interface HostStore {
  list(): Host[];
  /** Throws AppError `not-found`. */
  get(hostId: string): Host;
  /** Why the policy of this computer does not let it be kept like that; null: it does. */
  refusal(
    host: Pick<Host, 'name' | 'address' | 'port' | 'via' | 'environment' | 'accessLevel'>,
  ): string | null;
  /** Throws AppError `refused`, as `refusal` says. */
  add(host: Host): void;
  /** Throws AppError `refused`, as `refusal` says. */
  update(host: Host): void;
  remove(hostId: string): void;
}

/** Pinned SSH host keys by address and port. Every key pinned for one peer counts; another type is a change. */
export interface KnownHostKeys {
  find(address: string, port: number): { key: HostKey; publicKeyBase64: string; revoked: boolean }[];
  pin(address: string, port: number, key: HostKey, publicKeyBase64: string): void;
  revoke(address: string, port: number, sha256: string): void;
}

/** Secrets of hosts: sealed on disk where a keyring exists, else in memory until the app ends. */
export interface CredentialStore {
  /** null: none stored. */
  read(hostId: string): Promise<string | null>;
  write(hostId: string, secret: string): Promise<void>;
  forget(hostId: string): Promise<void>;
}

/** Key files the person chose in the native dialog; the page knows only their id. */
export interface KeyFileRegistry {
  path(keyFileId: string): string;
  register(path: string): string;
}
