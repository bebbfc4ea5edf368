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
const secretParameters: ReadonlySet<string> = new Set([
  'password',
  'cipassword',
  'sshkeys',
  'ssh-public-keys',
  'target-endpoint',
  'tfa-challenge',
  'key',
  'input-data',
]);

/** The addresses that cloud-init gives out are kept like secrets (F83). */
const isSecretParameter = (name: string): boolean => secretParameters.has(name) || /^ipconfig\d+$/.test(name);

/** What stands in the place of values of one call that are not shown, by parameter: `content` → `(12 characters)`. */
export type Hidden = Readonly<Record<string, string>>;

/** As plans, the audit and errors show parameters: `memory=2048`, `cipassword=(secret)`. */
export function shownParameters(parameters: ApiParameters, hidden: Hidden = {}): string[] {
  return Object.entries(parameters).flatMap(([name, value]) =>
    valuesOf(value).map((one) => `${name}=${hidden[name] ?? (isSecretParameter(name) ? '(secret)' : one)}`),
  );
}

/** Takes out of a text what was sent as a secret: a 400 repeats the value that it refuses. */
export function withoutSecrets(text: string, parameters: ApiParameters, hidden: Hidden = {}): string {
  return (
    Object.entries(parameters)
      .filter(([name]) => isSecretParameter(name) || hidden[name] !== undefined)
      .flatMap(([, value]) => valuesOf(value))
      // Of a value with parts also each long part: an error may repeat the token of an endpoint alone.
      .flatMap((value) => [value, ...value.split(/[,=\s]/).filter((part) => part.length >= 16)])
      .filter((secret) => secret.length > 0)
      .reduce((clean, secret) => clean.replaceAll(secret, '(secret)'), text)
  );
}
