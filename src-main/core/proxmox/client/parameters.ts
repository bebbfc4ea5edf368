/** Values of one call. An array repeats its key; `undefined` is left out. */
export type ApiParameters = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

function valuesOf(value: ApiParameters[string]): string[] {
  if (value === undefined) return [];
  if (typeof value === 'boolean') return [value ? '1' : '0'];
  return Array.isArray(value) ? [...(value as readonly string[])] : [String(value)];
}

/**
 * `application/x-www-form-urlencoded`. Proxmox VE splits on every raw `=` and `;`, so both are always encoded
 * (PVE/APIServer/AnyEvent.pm).
 */
export function encodeParameters(parameters: ApiParameters): string {
  return Object.entries(parameters)
    .flatMap(([name, value]) =>
      valuesOf(value).map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
    )
    .join('&');
}

/** Parameters whose values are secrets or may hold some: never shown, recorded, logged or part of an error. */
export const secretParameters: ReadonlySet<string> = new Set([
  'password',
  'cipassword',
  'sshkeys',
  'ssh-public-keys',
  'target-endpoint',
  'tfa-challenge',
  'key',
  'input-data',
]);

/** As plans, the audit and errors show parameters: `memory=2048`, `cipassword=(secret)`. */
export function shownParameters(parameters: ApiParameters): string[] {
  return Object.entries(parameters).flatMap(([name, value]) =>
    valuesOf(value).map((one) => `${name}=${secretParameters.has(name) ? '(secret)' : one}`),
  );
}

/** Takes out of a text what was sent as a secret: a 400 repeats the value that it refuses. */
export function withoutSecrets(text: string, parameters: ApiParameters): string {
  return Object.entries(parameters)
    .filter(([name]) => secretParameters.has(name))
    .flatMap(([, value]) => valuesOf(value))
    .filter((secret) => secret.length > 0)
    .reduce((clean, secret) => clean.replaceAll(secret, '(secret)'), text);
}
