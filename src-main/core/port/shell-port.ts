/** Words of a native question. The shell adds nothing of its own and makes Cancel the default. */
export interface ConfirmQuestion {
  kind:
    | 'plan'
    | 'trust-host-key'
    | 'remove-host'
    | 'disable-read-only'
    | 'disable-stage-first'
    | 'raise-access'
    | 'delete-part';
  title: string;
  message: string;
  detail: string;
  confirmLabel: string;
}

export interface FileFilter {
  name: string;
  extensions: string[];
}

/** All that the core ever asks of the shell. In tests it is an object; in the app a message over the port. */
export interface ShellPort {
  /** True only when a person clicked the confirm button of the native dialog. */
  confirm(question: ConfirmQuestion, signal?: AbortSignal): Promise<boolean>;
  /** Seals with the system keyring; null when the system has none worth the name. */
  seal(plain: string): Promise<Uint8Array | null>;
  unseal(sealed: Uint8Array): Promise<string>;
  vaultStatus(): Promise<{ persistent: boolean; backend: string }>;
  notify(title: string, body: string): void;
  chooseSavePath(suggestedName: string, filters: FileFilter[]): Promise<string | null>;
  chooseOpenPath(title: string, filters: FileFilter[], startIn?: 'ssh-directory'): Promise<string | null>;
}
