import { AppError } from '../../errors/app-error';

declare const checked: unique symbol;
/** A path below `/api2/json` whose variable segments were checked. Only `apiPath` makes one. */
export type ApiPath = string & { readonly [checked]: true };

/** Ids of nodes, guests, snapshots, storages, users, UPIDs: none holds a slash, a space or a percent sign. */
const segmentPattern = /^[A-Za-z0-9_][A-Za-z0-9._:@!+,=~-]{0,254}$/;

function segment(name: string, value: string | number): string {
  const text = String(value);
  if (!segmentPattern.test(text) || text === '.' || text === '..') {
    throw new AppError(
      'invalid-request',
      `"${name}" is not a name that Proxmox VE knows, so nothing was sent.`,
    );
  }
  return encodeURIComponent(text);
}

/** Ids of volumes are the only values that hold slashes: Proxmox VE takes the rest of such a path as one. */
function volume(name: string, value: string | number): string {
  return String(value)
    .split('/')
    .map((part) => segment(name, part))
    .join('/');
}

/**
 * The one place where a path of the API is put together: `/nodes/{node}/qemu/{vmid}` and its values.
 *
 * SECURITY: no value can add a segment (but for a volume, whose parts are checked one by one), leave the path or start
 * a query.
 *
 * @throws AppError `invalid-request` for a value that is no name of Proxmox VE
 */
export function apiPath<T extends string>(
  template: T,
  values: Readonly<Record<string, string | number>> = {},
): ApiPath {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${template} needs ${name}.`);
    return name === 'volume' ? volume(name, value) : segment(name, value);
  }) as ApiPath;
}
