import { startOptionsVariable, type StartOptions } from '../../core/port/start-options';

/** Would change what code the core runs, or are the shell's own business. */
const withheld =
  /^(NODE_OPTIONS|NODE_PATH|NODE_EXTRA_CA_CERTS|NODE_TLS_REJECT_UNAUTHORIZED|ELECTRON_.*|HOLDFAST_.*)$/;

/** The person's environment (SSH_AUTH_SOCK, HOME, locale) without what could change the core's own code. */
export function coreEnvironment(
  environment: NodeJS.ProcessEnv,
  options: StartOptions,
): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !withheld.test(entry[0]),
  );
  return { ...Object.fromEntries(kept), [startOptionsVariable]: JSON.stringify(options) };
}
